// Files on their way between the page and the rest of the computer.

/** Lets files be dropped on an element. While some hover over it, it has the class "dropping". */
export function dropTarget(onFiles: (files: File[]) => void) {
  const carries = (e: DragEvent) => e.dataTransfer?.types.includes('Files');
  const mark = (e: DragEvent, on: boolean) => (e.currentTarget as Element).classList.toggle('dropping', on);
  return {
    onDragOver(e: DragEvent) { if (carries(e)) { e.preventDefault(); mark(e, true); } },
    onDragLeave(e: DragEvent) { if (!(e.currentTarget as Element).contains(e.relatedTarget as Node | null)) mark(e, false); },
    onDrop(e: DragEvent) {
      if (!carries(e)) return;
      e.preventDefault();
      mark(e, false);
      onFiles([...e.dataTransfer!.files]);
    },
  };
}

/** Hands a file to the browser's downloads. */
export function save(file: Blob, name: string) {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
