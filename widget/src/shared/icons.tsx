import { h } from 'preact';

// Stroke icons on a 24 grid. Each is the list of its shapes: a path's data, or [shape, attributes].

type Shape = string | [string, Record<string, string | number>];
// The marks let a bundle leave out the icons that it does not use.
/* @__NO_SIDE_EFFECTS__ */ const heavy = (d: string, width: number): Shape => ['path', { d, 'stroke-width': width }];
/* @__NO_SIDE_EFFECTS__ */ const circle = (cx: number, cy: number, r: number): Shape => ['circle', { cx, cy, r }];
/* @__NO_SIDE_EFFECTS__ */ const rect = (x: number, y: number, width: number, height: number): Shape => ['rect', { x, y, width, height, rx: 2 }];

export type IconShapes = Shape[];

export const choices: IconShapes = [rect(3.5, 4.5, 17, 6), rect(3.5, 13.5, 11, 6)];
export const peal: IconShapes = ['M10.6 5.2a7.4 7.4 0 1 1-3.5 13.9L3.4 20.2l1.1-3.6A7.4 7.4 0 0 1 10.6 5.2Z', 'M15.4 2.6a9.6 9.6 0 0 1 5.9 5.9'];
export const down: IconShapes = ['m6 9.5 6 6 6-6'];
export const right: IconShapes = ['m9.5 6 6 6-6 6'];
export const left: IconShapes = ['m14.5 6-6 6 6 6'];
export const cross: IconShapes = ['m6.5 6.5 11 11m0-11-11 11'];
export const send: IconShapes = ['M12 19V5.5M6.5 11 12 5.5l5.5 5.5'];
export const clip: IconShapes = ['m19.5 11.5-7.8 7.8a4.6 4.6 0 0 1-6.5-6.5l8-8a3.1 3.1 0 0 1 4.4 4.4l-8 8a1.5 1.5 0 0 1-2.2-2.2l7.3-7.3'];
export const smile: IconShapes = [circle(12, 12, 8.5), 'M8.5 14.2a4.4 4.4 0 0 0 7 0', heavy('M9.2 9.6v.2m5.6-.2v.2', 2.2)];
export const flat: IconShapes = [circle(12, 12, 8.5), 'M9 14.8h6', heavy('M9.2 9.6v.2m5.6-.2v.2', 2.2)];
export const frown: IconShapes = [circle(12, 12, 8.5), 'M8.7 15.6a4.4 4.4 0 0 1 6.6 0', heavy('M9.2 9.6v.2m5.6-.2v.2', 2.2)];
export const more: IconShapes = [heavy('M5.5 12h.01M12 12h.01M18.5 12h.01', 2.4)];
export const check: IconShapes = ['m5.5 12.5 4.2 4.2 8.8-9.4'];
export const search: IconShapes = [circle(11, 11, 6.2), 'm15.8 15.8 4.2 4.2'];
export const larger: IconShapes = [...search, 'M11 8.6v4.8M8.6 11h4.8'];
export const download: IconShapes = ['M12 4.5v10.6m-4.6-4.4 4.6 4.6 4.6-4.6', 'M5 19.5h14'];
export const inbox: IconShapes = ['M4 13.5 6.4 5.8a1.5 1.5 0 0 1 1.4-1h8.4a1.5 1.5 0 0 1 1.4 1L20 13.5v4.2a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.7Z', 'M4 13.5h4.3l1.2 2.3h5l1.2-2.3H20'];
export const flag: IconShapes = ['M6 20.5V4.5m0 .5h11.5l-2.4 3.9 2.4 3.9H6'];
export const eye: IconShapes = ['M2.8 12S6 6 12 6s9.2 6 9.2 6-3.2 6-9.2 6-9.2-6-9.2-6Z', circle(12, 12, 2.6)];
export const chart: IconShapes = ['M4.5 19.5V4.5m0 15h15', 'm8 14.5 3.6-4 3 2.6 4.4-5.6'];
export const gear: IconShapes = [circle(12, 12, 2.8), 'M12 3.5v2.6m0 11.8v2.6M3.5 12h2.6m11.8 0h2.6M6 6l1.8 1.8m8.4 8.4L18 18m0-12-1.8 1.8M7.8 16.2 6 18'];
export const bolt: IconShapes = ['M13 3.5 5.5 13.2h5.6L10.6 20.5l7.9-10h-5.7Z'];
export const note: IconShapes = ['M5 5.5A1.5 1.5 0 0 1 6.5 4h11A1.5 1.5 0 0 1 19 5.5v8.8L13.8 20H6.5A1.5 1.5 0 0 1 5 18.5Z', 'M13.5 19.5v-4a1.5 1.5 0 0 1 1.5-1.5h3.6'];
export const clockFace: IconShapes = [circle(12, 12, 8.2), 'M12 7.4V12l3 2'];
export const globe: IconShapes = [circle(12, 12, 8.3), 'M3.7 12h16.6M12 3.7c2.4 2.3 3.5 5 3.5 8.3s-1.1 6-3.5 8.3c-2.4-2.3-3.5-5-3.5-8.3s1.1-6 3.5-8.3Z'];
export const user: IconShapes = [circle(12, 8.2, 3.7), 'M4.8 19.8a7.3 7.3 0 0 1 14.4 0'];
export const people: IconShapes = [circle(9, 8.5, 3.3), 'M2.8 19a6.3 6.3 0 0 1 12.4 0M15.5 5.5a3.2 3.2 0 0 1 0 6M17.5 13.8A6.2 6.2 0 0 1 21.2 19'];
export const mail: IconShapes = [rect(3.8, 5.5, 16.4, 13), 'm4.5 7.2 7.5 5.6 7.5-5.6'];
export const key: IconShapes = [circle(8.2, 15.2, 4), 'm11.2 12.3 7.8-7.8m-3 3 2.4 2.4'];
export const hook: IconShapes = [circle(7, 17, 2.7), circle(17, 17, 2.7), circle(12, 7, 2.7), 'M10.8 9.4 8.2 14.6M13.2 9.4l2.6 5.2M9.7 17h4.6'];
export const keyboard: IconShapes = [rect(3, 6.5, 18, 11), 'M6.5 10h.01M9.5 10h.01M12.5 10h.01M15.5 10h.01M17.5 10h.01M8.5 14h7'];
export const filter: IconShapes = ['M4.5 7h15M7.5 12h9M10.5 17h3'];
export const tag: IconShapes = ['M4.5 11.3V5.5a1 1 0 0 1 1-1h5.8a2 2 0 0 1 1.4.6l6.7 6.7a2 2 0 0 1 0 2.8l-4.8 4.8a2 2 0 0 1-2.8 0l-6.7-6.7a2 2 0 0 1-.6-1.4Z', heavy('M8.3 8.3h.01', 2.2)];
export const warn: IconShapes = ['M12 8.5v4.2m0 3.1v.01', 'M10.7 4.6 3.5 17.2a1.5 1.5 0 0 0 1.3 2.3h14.4a1.5 1.5 0 0 0 1.3-2.3L13.3 4.6a1.5 1.5 0 0 0-2.6 0Z'];
export const copy: IconShapes = [rect(8.5, 8.5, 11, 11), 'M15.5 5.5a1 1 0 0 0-1-1h-9a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1'];
export const sound: IconShapes = ['M4.5 9.8v4.4h3l4.3 3.6V6.2L7.5 9.8Z', 'M15.5 9a4.2 4.2 0 0 1 0 6'];
export const moon: IconShapes = ['M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z'];
export const home: IconShapes = ['m4 11 8-6.5 8 6.5v7.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5Z'];
export const plus: IconShapes = ['M12 5v14M5 12h14'];
export const book: IconShapes = ['M5 5.5A1.5 1.5 0 0 1 6.5 4H19v13.5H6.5A1.5 1.5 0 0 0 5 19Zm0 13.5A1.5 1.5 0 0 0 6.5 20.5H19'];

/** Draws an icon, as decoration: what it stands for belongs in the button's name. */
export function Icon({ of, class: className = '' }: { of: IconShapes; class?: string }) {
  return (
    <svg class={`i ${className}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {of.map((shape) => {
        if (typeof shape === 'string') return <path d={shape} />;
        return h(shape[0], shape[1]);
      })}
    </svg>
  );
}
