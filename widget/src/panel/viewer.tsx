import { useEffect, useRef, useState } from 'preact/hooks';
import { save } from '../shared/drop';
import { cross, download, Icon, larger } from '../shared/icons';
import type { Attachment } from '../shared/types';
import { useAround } from './context';

/** More pixels than this a canvas may not have everywhere. */
const most = 4096;

/**
 * A picture over the whole window. It is the browser's own modal dialog, which keeps the focus inside and gives it back.
 * The picture is as large as fits; enlarged, it has its own pixels and scrolls, and fingers may pinch it at any time.
 */
export function Viewer({ file, load, done }: { file: Attachment; load(): Promise<Blob>; done(): void }) {
  const { t } = useAround();
  const dialog = useRef<HTMLDialogElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<'loading' | 'ready' | 'failed'>('loading');
  const [large, setLarge] = useState(false);
  const blob = useRef<Blob | null>(null);

  useEffect(() => {
    const opener = (dialog.current!.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    dialog.current!.showModal();
    let gone = false;
    load().then(async (loaded) => {
      blob.current = loaded;
      const scale = Math.min(1, most / Math.max(file.width ?? 1, file.height ?? 1));
      const picture = await createImageBitmap(loaded, { resizeWidth: Math.round((file.width ?? 1) * scale), resizeQuality: 'high' });
      const el = canvas.current;
      if (gone || !el) return;
      el.width = picture.width;
      el.height = picture.height;
      el.getContext('2d')!.drawImage(picture, 0, 0);
      picture.close();
      setState('ready');
    }).catch(() => { if (!gone) setState('failed'); });
    return () => { gone = true; opener?.focus({ preventScroll: true }); };
  }, []);

  return (
    <dialog ref={dialog} class={`viewer ${large ? 'large' : ''}`} aria-label={file.name} onClose={done}
      onKeyDown={(e) => { if (e.key === 'Escape') e.stopPropagation(); }}
      onClick={(e) => { if (e.target === dialog.current || (e.target as Element).classList.contains('stage')) dialog.current!.close(); }}>
      <div class="bar">
        <bdi>{file.name}</bdi>
        <button type="button" class="icon" aria-label={t('zoom')} title={t('zoom')} aria-pressed={large} onClick={() => setLarge(!large)}><Icon of={larger} /></button>
        <button type="button" class="icon" aria-label={t('saveFile')} title={t('saveFile')} onClick={() => { if (blob.current) save(blob.current, file.name); }}><Icon of={download} /></button>
        <button type="button" class="icon" aria-label={t('closePicture')} title={t('closePicture')} onClick={() => dialog.current!.close()}><Icon of={cross} /></button>
      </div>
      <div class="stage" tabIndex={large ? 0 : undefined} {...(large && { role: 'region', 'aria-label': file.name })}>
        {state === 'failed' ? <p class="note" role="alert" dir="auto">{t('noFile')}</p>
          : <canvas ref={canvas} role="img" aria-label={file.name} width={file.width} height={file.height} onClick={() => setLarge(!large)} />}
      </div>
    </dialog>
  );
}
