import { useEffect, useRef } from 'preact/hooks';

const row = '😀 😂 🙂 😉 😍 🤔 😅 😢 😮 😡 👍 👎 👋 🙏 👏 💪 ❤️ 🎉 🔥 ✨ ✅ ❌ 👀 💡'.split(' ');

/** Two dozen faces; whoever wants another has the platform's own. */
export function Faces({ put }: { put(face: string): void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current!.querySelector('button')!.focus(), []);

  function onKeyDown(e: KeyboardEvent) {
    const all = [...box.current!.querySelectorAll('button')];
    const forward = getComputedStyle(box.current!).direction === 'rtl' ? -1 : 1;
    const step = { ArrowRight: forward, ArrowLeft: -forward, ArrowDown: 8, ArrowUp: -8 }[e.key];
    const at = all.indexOf(e.target as HTMLButtonElement);
    if (step && at >= 0) { e.preventDefault(); all.at((at + step + all.length) % all.length)?.focus(); }
  }

  return (
    <div class="faces24" ref={box} onKeyDown={onKeyDown}>
      {row.map((face) => <button type="button" onClick={() => put(face)}>{face}</button>)}
    </div>
  );
}
