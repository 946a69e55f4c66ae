import { useLayoutEffect } from 'preact/hooks';

// A browser that can lets a field grow by itself, without laying out the page once more with every key.
const grows = CSS.supports('field-sizing', 'content');

/** Has a field be as tall as its text. It is measured anew when one of these changes. */
export function useGrowing(area: { current: HTMLTextAreaElement | null }, ...when: unknown[]) {
  useLayoutEffect(() => {
    const el = area.current;
    if (!el || grows) return;
    el.style.height = 'auto';
    el.style.height = `${el.scrollHeight}px`;
  }, when);
}
