import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { entryLine, shownEntries } from './efs-metadata-text.js';
import { EfsReport } from './efs-report.js';
import { openSource } from './efs-source.js';

/** Lists who can open an encrypted file. */
export async function run({ io }: Session, options: CommonOptions, [text = '']: readonly string[]): Promise<ExitCode> {
  const { decodeEfsMetadata } = await import('@winback/efs-raw');
  const path = absolutePath(text, io.cwd, 'FILE');
  const { source: opened } = await openSource(io, options, path);
  using source = opened;
  const item = await source.items.next();
  const entries = item?.type === 'metadata' ? shownEntries(decodeEfsMetadata(item.bytes)) : [];
  return new EfsReport(io, options).finish(entries.map(entryLine), { path, entries });
}
