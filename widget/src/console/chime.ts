// The console's one sound: two quiet notes, made here, so that nothing is fetched for it.

let audio: AudioContext | undefined;

/** Plays the sound. A browser that has not seen a press or a key in this page yet keeps it silent. */
export function chime() {
  try {
    const context = audio ??= new AudioContext();
    void context.resume();
    [659.25, 880].forEach((pitch, i) => {
      const at = context.currentTime + 0.02 + i * 0.16;
      const tone = context.createOscillator(), volume = context.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.16, at + 0.015);
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.55);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.6);
    });
  } catch { /* no sound on this machine */ }
}
