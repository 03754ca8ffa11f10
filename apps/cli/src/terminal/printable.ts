/**
 * What must never reach a terminal from a name that somebody else chose: controls (C0, DEL, C1: escape sequences begin with them), line and
 * paragraph separators, marks that reverse or hide text, and halves of surrogate pairs.
 */
const UNSAFE = new RegExp(
  [
    '[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]',
    '[\\ud800-\\udbff](?![\\udc00-\\udfff])',
    '(?<![\\ud800-\\udbff])[\\udc00-\\udfff]',
  ].join('|'),
  'g',
);

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escape(char: string): string {
  const unit = char.charCodeAt(0);
  // Names that are no UTF-8 hold their bytes as U+DC80 to U+DCFF.
  if (unit >= 0xdc80 && unit <= 0xdcff) return `\\x${(unit - 0xdc00).toString(16)}`;
  return SHORT[char] ?? (unit < 0x100 ? `\\x${unit.toString(16).padStart(2, '0')}` : `\\u${unit.toString(16)}`);
}

/** A text on one line, with what is not printable written as escapes. */
export const printable = (text: string): string => text.replace(UNSAFE, escape);

/** JSON that is also safe to look at: JSON itself leaves C1 controls and reversing marks as they are. */
export const printableJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v), indent).replace(UNSAFE, (char) =>
    char === '\n' ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
