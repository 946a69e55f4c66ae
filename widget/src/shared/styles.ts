/** Puts sheets into effect in a shadow root or the document. A strict policy allows this where it forbids style elements. */
export function adopt(root: DocumentOrShadowRoot, ...texts: string[]): void {
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...texts.map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  })];
}
