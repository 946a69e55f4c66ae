import { useRef } from 'preact/hooks';
import { accepted } from './files';
import { clip, Icon } from './icons';

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
