import type { ExitCode } from '../exit-codes.js';
import type { Session } from '../session.js';
import type { BackupOptions } from './efs-backup.js';
import { entryLine, shownEntries } from './efs-metadata-text.js';
import { EfsReport } from './efs-report.js';
import { withSource } from './efs-source.js';

/** Lists who can open an encrypted file. */
export async function run({ io }: Session, options: BackupOptions, [text = '']: readonly string[]): Promise<ExitCode> {
  const { decodeEfsMetadata } = await import('@winback/efs-raw');
  return withSource(io, options, text, async ({ source, backup }) => {
    const item = await source.items.next();
    const entries = item?.type === 'metadata' ? shownEntries(decodeEfsMetadata(item.bytes)) : [];
    return new EfsReport(io, options).finish(entries.map(entryLine), { path: source.path, backup, entries });
  });
}
