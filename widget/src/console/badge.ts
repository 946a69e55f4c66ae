// How many conversations are waiting, where it is seen while the console is not: in the page's icon and on the app's.

const size = 64;

/** Draws the figure into the icon. What the page came with is put back when nothing waits. */
export function createBadge() {
  const links = () => document.querySelectorAll<HTMLLinkElement>('link[rel="icon"]');
  const plain = links()[0]?.cloneNode() as HTMLLinkElement | undefined;
  const picture = new Image();
  let wanted = 0;
  const put = (link: HTMLLinkElement) => {
    for (const old of links()) old.remove(); // browsers notice a new element, not always a new address
    document.head.append(link);
  };
  const draw = () => {
    if (!plain) return;
    if (!wanted) return put(plain.cloneNode() as HTMLLinkElement);
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = size;
    const pen = canvas.getContext('2d');
    if (!pen) return;
    if (picture.complete && picture.naturalWidth) pen.drawImage(picture, 0, 0, size, size);
    const figure = wanted > 9 ? '9+' : String(wanted);
    pen.fillStyle = '#a8641f';
    pen.beginPath();
    pen.roundRect(size - (figure.length > 1 ? 46 : 38), 0, figure.length > 1 ? 46 : 38, 38, 19);
    pen.fill();
    pen.fillStyle = '#fff';
    pen.font = '600 30px system-ui, sans-serif';
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(figure, size - (figure.length > 1 ? 23 : 19), 20);
    const link = plain.cloneNode() as HTMLLinkElement;
    link.type = 'image/png';
    link.href = canvas.toDataURL('image/png');
    put(link);
  };
  picture.onload = () => { if (wanted) draw(); };
  if (plain) picture.src = plain.href;
  return (count: number) => {
    if (count === wanted) return;
    wanted = count;
    draw();
    const app = navigator as Navigator & { setAppBadge?(n: number): Promise<void> };
    app.setAppBadge?.(count).catch(() => { /* not an installed app */ });
  };
}
