// What is about to be sent with the next message, and what is on its way.
import { FileLine, LocalPicture } from './attachment';
import { sizeOf } from './files';
import { cross, Icon } from './icons';
import type { Upload } from './upload';

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
