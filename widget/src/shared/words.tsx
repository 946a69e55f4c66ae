import { useState } from 'preact/hooks';
import { Body, type Plain } from './message';

export interface WordsProps {
  text: string;
  /** The text in the reader's language, or, of one's own message, in the other side's. */
  translation?: string | undefined;
  /** Whether the text itself is shown first, because the reader wrote it. */
  own?: boolean;
  marks: boolean;
  plain?: Plain | undefined;
  /** What the button says: how to see the text, and how to see the translation. */
  original: string;
  translated: string;
}

/** What a message says, in one of two languages. */
export function Words({ text, translation, own = false, marks, plain, original, translated }: WordsProps) {
  const [other, setOther] = useState(false);
  if (!translation) return <Body text={text} marks={marks} plain={plain} />;
  const shown = other !== own ? text : translation;
  return (
    <>
      <Body text={shown} marks={marks} plain={plain} />
      <button type="button" class="tongue" onClick={() => setOther(!other)}>{shown === text ? translated : original}</button>
    </>
  );
}
