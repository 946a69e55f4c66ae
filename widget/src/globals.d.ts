// A style sheet is imported as its minified text (see cssText in build.mjs).
declare module '*.css' {
  const text: string;
  export default text;
}

/** The panel's hashed paths under the base, its entry first, put into the loader by the build. */
declare const PANEL: string[];

/** The path under the base of what follows visitors over the site. */
declare const SITE: string;

/** Whether this is the loader of a host that follows its visitors: there are two, so that nobody else pays for it. */
declare const TRACKING: boolean;

interface Navigator {
  /** Global Privacy Control, where the browser knows it. */
  readonly globalPrivacyControl?: boolean;
  readonly doNotTrack?: string | null;
}
