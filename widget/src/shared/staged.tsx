// What is about to be sent with the next message, and what is on its way.
import { useRef } from 'preact/hooks';
import { FileLine, LocalPicture } from './attachment';
import { accepted, sizeOf } from './files';
import { clip, cross, Icon } from './icons';
import type { Upload } from './upload';

/** The button that asks the browser for files. */
export function Attach({ label, onFiles }: { label: string; onFiles(files: File[]): void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="icon attach" aria-label={label} title={label} onClick={() => input.current?.click()}><Icon of={clip} /></button>
      <input ref={input} type="file" hidden multiple accept={accepted} onChange={(e) => {
        const files = [...e.currentTarget.files ?? []];
        e.currentTarget.value = ''; // the same file may be chosen again
        if (files.length) onFiles(files);
      }} />
    </>
  );
}

/** The files that go along, each with a way to leave it out, and what was wrong with others. */
export function Staged({ files, fault, locale, label, onRemove }: { files: File[]; fault: string; locale: string; label(name: string): string; onRemove(file: File): void }) {
  return (
    <div class="staged">
      {files.map((file, i) => (
        <div class="file" key={`${i} ${file.name} ${file.size}`}>
          <FileLine name={file.name}>{sizeOf(file.size, locale)}</FileLine>
          <button type="button" class="icon" aria-label={label(file.name)} onClick={() => onRemove(file)}><Icon of={cross} /></button>
        </div>
      ))}
      <p class="fault" role="alert" dir="auto">{fault}</p>
    </div>
  );
}

/** What stands in the bubble of a file on its way. */
export function Going({ upload, label, locale }: { upload: Upload; label: string; locale: string }) {
  const { file, state, progress } = upload;
  return (
    <div class="going">
      <LocalPicture file={file}><div class="file"><FileLine name={file.name}>{sizeOf(file.size, locale)}</FileLine></div></LocalPicture>
      {state !== 'failed' && <progress max={1} value={state === 'sending' ? progress : 0} aria-label={label} />}
    </div>
  );
}
