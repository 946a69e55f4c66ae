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
export const onColor = (color: RGB) => contrast(color, [255, 255, 255]) >= 4.5 ? '#fff' : '#000';

/** The numbers of a computed colour. Anything but rgb() is undefined. */
export function parseRGB(computed: string): RGB | undefined {
  const numbers = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)/.exec(computed);
  return numbers?.slice(1).map(Number) as RGB | undefined;
}
