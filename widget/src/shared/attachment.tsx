// The files of a message: pictures are drawn in their place, everything else is a line with a name and a size.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { save } from './drop';
import { sizeOf } from './files';
import { clip, Icon } from './icons';
import type { Attachment } from './types';

/** What was just sent from here, or was looked at, need not be fetched. */
const recent = new Map<string, Blob>();

export function remember(id: string, file: Blob) {
  recent.set(id, file);
  for (const old of recent.keys()) if (recent.size > 12) recent.delete(old);
}

export interface AttachmentProps {
  file: Attachment;
  /** Fetches it: an address alone is not enough, because the caller's credentials belong to a header. */
  load(file: Attachment): Promise<Blob>;
  locale: string;
  /** What the button does, and what is said when the file did not come. */
  label: string;
  failed: string;
  /** What a press on a picture does, where it is not to download it. */
  enlarge?: string;
  onEnlarge?(file: Attachment, load: () => Promise<Blob>): void;
}

export function AttachmentView({ file, load, locale, label, failed, enlarge, onEnlarge }: AttachmentProps) {
  const [state, setState] = useState<'' | 'busy' | 'failed'>('');
  const [plain, setPlain] = useState(!file.width || !file.height || !!file.expired);
  async function get(): Promise<Blob> {
    const known = recent.get(file.file_id);
    if (known) return known;
    const blob = await load(file);
    if (file.width) remember(file.file_id, blob);
    return blob;
  }
  async function download() {
    if (state === 'busy') return;
    setState('busy');
    await get().then((blob) => { save(blob, file.name); setState(''); }, () => setState('failed'));
  }
  const size = sizeOf(file.size, locale);
  if (file.expired) return <span class="file expired"><FileLine name={file.name}>{failed}</FileLine></span>;
  return (
    <button type="button" class={plain ? 'file' : 'pic'} aria-busy={state === 'busy'} aria-label={plain ? undefined : `${file.name}, ${size}. ${enlarge ?? label}`} title={`${file.name}, ${size}`} onClick={() => (plain || !onEnlarge ? void download() : onEnlarge(file, get))}>
      {plain
        ? <FileLine name={file.name}>{state === 'failed' ? <span role="status">{failed}</span> : size}<span class="sr">. {label}</span></FileLine>
        : <Picture width={file.width!} height={file.height!} load={get} failed={() => setPlain(true)} />}
    </button>
  );
}

export const FileLine = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <><Icon of={clip} /><span class="what"><bdi>{name}</bdi> <small>{children}</small></span></>
);

const most = { width: 240, height: 220 };

/**
 * Draws a picture on a canvas of its final size, so that nothing moves when it comes. An <img> would need the page's
 * policy to allow blob: addresses, and to find that it does not costs a report of a violation; a canvas needs nothing.
 */
export function Picture({ width, height, load, failed }: { width: number; height: number; load(): Promise<Blob>; failed?(): void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = Math.min(1, most.width / width, most.height / height);
  const shown = { width: Math.max(24, Math.round(width * scale)), height: Math.max(24, Math.round(height * scale)) };
  useEffect(() => {
    const el = canvas.current!;
    let gone = false;
    const watch = new IntersectionObserver(([entry]) => {
      if (!entry!.isIntersecting) return;
      watch.disconnect();
      load().then(bitmap).then((picture) => {
        if (gone) return;
        el.width = picture.width;
        el.height = picture.height;
        el.getContext('2d')!.drawImage(picture, 0, 0);
        picture.close();
      }).catch(() => { if (!gone) failed?.(); });
    }, { rootMargin: '300px' });
    watch.observe(el);
    return () => { gone = true; watch.disconnect(); };
  }, []);
  const bitmap = (blob: Blob) => createImageBitmap(blob, {
    resizeWidth: Math.round(shown.width * devicePixelRatio), resizeHeight: Math.round(shown.height * devicePixelRatio), resizeQuality: 'high',
  });
  return <canvas ref={canvas} aria-hidden="true" style={{ inlineSize: `${shown.width}px`, aspectRatio: `${shown.width} / ${shown.height}` }} />;
}

/** A picture that is not sent yet, which says nothing of its size before it has been read. */
export function LocalPicture({ file, children }: { file: File; children: ComponentChildren }) {
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  useEffect(() => {
    let gone = false;
    if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
      createImageBitmap(file).then((p) => { if (!gone) setSize({ width: p.width, height: p.height }); p.close(); }, () => { /* its name must do */ });
    }
    return () => { gone = true; };
  }, [file]);
  return size ? <Picture {...size} load={async () => file} /> : <>{children}</>;
}
