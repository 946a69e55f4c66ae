// What may be sent as a file, said before anything is sent. The server looks at the content; here names and types do.

/** For the browser's own dialogue. The server takes other files too, if they are plain text. */
export const accepted = '.png,.apng,.jpg,.jpeg,.gif,.webp,.avif,.heic,.heif,.pdf,.txt,.log,.csv,.tsv,.md,.json,.yaml,.yml,.zip,.docx,.xlsx,.pptx,.odt,.ods,.odp,.doc,.xls,.ppt,.rtf,.mp3,.wav,.flac,.ogg,.oga,.ogv,.opus,.m4a,.mp4,.m4v,.mov,.webm';

export type Fault = 'fileLarge' | 'fileEmpty' | 'fileKind';

/** What is wrong with a file that the server would refuse. */
export function faultOf(file: File, limit: number): Fault | undefined {
  if (!file.size) return 'fileEmpty';
  if (file.size > limit) return 'fileLarge';
  const dot = file.name.lastIndexOf('.');
  return `${accepted},`.includes(`${file.name.slice(dot).toLowerCase()},`) && dot >= 0 ? undefined : 'fileKind';
}

/** A size as a person reads it. */
export function sizeOf(bytes: number, locale: string): string {
  const [n, unit] = bytes < 1000 ? [bytes, 'byte'] : bytes < 999_500 ? [Math.round(bytes / 1000), 'kilobyte'] : [bytes / 1e6, 'megabyte'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: unit === 'byte' ? 'long' : 'short', maximumFractionDigits: 1 }).format(n);
}
