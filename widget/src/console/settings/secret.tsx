import { useState } from 'preact/hooks';
import { check, copy, Icon } from '../../shared/icons';

/** Something that is shown this once, to be copied. */
export function Secret({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState<boolean | undefined>();
  return (
    <div class="secret">
      <p role="status">{copied ? 'Copied.' : copied === false ? 'Could not copy. Select it by hand.' : `${label}. Copy it now: it is not shown again.`}</p>
      <code dir="ltr" tabIndex={0}>{value}</code>
      <button type="button" class="icon" aria-label="Copy" title="Copy" onClick={() => {
        // Pages that are not served securely have no clipboard.
        (navigator.clipboard?.writeText(value) ?? Promise.reject()).then(() => setCopied(true), () => setCopied(false));
      }}><Icon of={copied ? check : copy} /></button>
    </div>
  );
}
