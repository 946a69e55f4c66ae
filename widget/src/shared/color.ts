// Contrast after WCAG 2. Colours are [red, green, blue] from 0 to 255.

export type RGB = [number, number, number];

function luminance(color: RGB): number {
  const [r, g, b] = color.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4) as RGB;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: RGB, b: RGB): number {
  const [x, y] = [luminance(a) + 0.05, luminance(b) + 0.05];
  return x > y ? x / y : y / x;
}

/** White where it can be read on the colour, else near black. One of the two always can. */
export const onColor = (color: RGB) => luminance(color) <= 1.05 / 4.5 - 0.05 ? '#fff' : '#000';

/** The numbers of a computed colour. Anything but rgb() is undefined. */
export function parseRGB(computed: string): RGB | undefined {
  const numbers = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)/.exec(computed);
  return numbers?.slice(1).map(Number) as RGB | undefined;
}

const mix = (a: RGB, b: RGB, share: number) => a.map((v, i) => v + (b[i]! - v) * share) as RGB;

/** The colour, moved towards another until it stands out against a third. */
function until(color: RGB, towards: RGB, against: RGB, ratio: number): RGB {
  let found = color;
  for (let share = 0; share <= 1 && contrast(found, against) < ratio; share += 0.05) found = mix(color, towards, share);
  return found;
}

const css = (color: RGB) => `rgb(${color.map(Math.round).join(' ')})`;
const white: RGB = [255, 255, 255];
const night: RGB = [21, 27, 26];

/** A sheet that gives one colour of the host's its places in the light and the dark set, each readable where it stands. */
export function accentSheet(color: RGB): string {
  const accent = until(color, [0, 0, 0], white, 4.5);
  const glow = until(color, white, night, 7);
  const bubble = until(mix(color, night, 0.2), night, white, 6);
  const rule = (selector: string, accent: RGB, strong: RGB, soft: RGB, me: RGB) =>
    `${selector}{--accent:${css(accent)};--accent-2:${css(strong)};--accent-soft:${css(soft)};--on-accent:${onColor(accent)};--me:${css(me)};--on-me:${onColor(me)}}`;
  return rule(':host', accent, mix(accent, [0, 0, 0], 0.15), mix(color, white, 0.9), color)
    + rule('.dark', glow, mix(glow, white, 0.25), mix(night, color, 0.18), bubble);
}
