// Two notes of a bell, made by the browser: there is no file to load, and none that a page's policy could refuse.
let audio: AudioContext | undefined;

/** Whether this page may make a sound: browsers allow it once somebody has pressed something in it. */
export const audible = () => typeof AudioContext !== 'undefined' && navigator.userActivation?.hasBeenActive !== false;

export function chime(): void {
  audio ??= new AudioContext();
  void audio.resume(); // the system may have put it to sleep
  for (const [after, pitch] of [[0, 784], [0.14, 1175]] as const) {
    const at = audio.currentTime + after;
    const note = audio.createOscillator();
    const volume = audio.createGain();
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.15, at + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.7);
    note.connect(volume).connect(audio.destination);
    note.start(at);
    note.stop(at + 0.7);
  }
}
