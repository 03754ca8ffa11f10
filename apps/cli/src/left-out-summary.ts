import type { LeftOutResult } from '@winback/wsb';
import { formatCount, plural } from './terminal/format.js';
import { printable } from './terminal/printable.js';

/** Entries that are shown, and paths of each. */
const SHOWN = 20;
const SHOWN_PATHS = 3;

/** Which entries of the registry left something out, and what; empty where none is followed. */
export function leftOutSummary({ entries, known }: LeftOutResult): string {
  if (known === 0) return '';
  const files = entries.reduce((sum, { count }) => sum + count, 0);
  const lines = entries.slice(0, SHOWN).map(({ key, name, text, count, paths }) => {
    const more = count > SHOWN_PATHS ? ` and ${formatCount(count - SHOWN_PATHS)} more` : '';
    return `  ${key}, ${printable(name)}: ${printable(text)}: ${paths.slice(0, SHOWN_PATHS).map(printable).join(', ')}${more}\n`;
  });
  if (entries.length > SHOWN) lines.push(`  … and ${formatCount(entries.length - SHOWN)} more entries (--json has them)\n`);
  const applied = `${formatCount(entries.length)} of ${formatCount(known)} entries applied`;
  return files === 0
    ? `The registry left nothing out (${applied}).\n`
    : `Left out by the registry: ${plural(files, 'file or folder', 'files and folders')} (${applied}):\n${lines.join('')}`;
}
