// On a phone the panel is the whole screen, and the screen is what the keyboard leaves of it.
import { useEffect, useState } from 'preact/hooks';

const small = matchMedia('(max-width: 520px), (max-height: 440px)');

export function usePhone(): boolean {
  const [phone, setPhone] = useState(small.matches);
  useEffect(() => {
    const update = () => setPhone(small.matches);
    small.addEventListener('change', update);
    return () => small.removeEventListener('change', update);
  }, []);
  return phone;
}

/** While it covers the screen the page behind neither scrolls nor takes the focus, and the panel follows the keyboard. */
export function useFullScreen(active: boolean, panel: { current: HTMLElement | null }): void {
  useEffect(() => {
    if (!active) return;
    const page = document.documentElement;
    const { overflow } = page.style;
    const { inert } = document.body;
    page.style.overflow = 'hidden';
    document.body.inert = true;
    const view = window.visualViewport;
    const fit = () => {
      if (view!.scale > 1.01) return; // zoomed in by hand: the panel stays as it is
      panel.current?.style.setProperty('--vvh', `${view!.height}px`);
      panel.current?.style.setProperty('--vvt', `${view!.offsetTop}px`);
    };
    view?.addEventListener('resize', fit);
    view?.addEventListener('scroll', fit);
    if (view) fit();
    return () => {
      page.style.overflow = overflow;
      document.body.inert = inert;
      view?.removeEventListener('resize', fit);
      view?.removeEventListener('scroll', fit);
      panel.current?.style.removeProperty('--vvh');
      panel.current?.style.removeProperty('--vvt');
    };
  }, [active]);
}
