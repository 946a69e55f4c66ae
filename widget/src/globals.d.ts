// A style sheet is imported as its minified text (see cssText in build.mjs).
declare module '*.css' {
  const text: string;
  export default text;
}

/** The panel's hashed paths under the base, its entry first, put into the loader by the build. */
declare const PANEL: string[];
