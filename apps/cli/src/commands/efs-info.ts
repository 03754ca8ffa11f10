import type { EfsKey, EfsMetadata, Item, ProtectedMetadata, Unlocked } from '@winback/efs-raw';
import { Exit, type ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import type { Session } from '../session.js';
import { formatCount } from '../terminal/format.js';
import type { BackupOptions } from './efs-backup.js';
import { keysOf, type PasswordOptions } from './efs-keys.js';
import { cipherText, entryLine, shownEntries } from './efs-metadata-text.js';
import { EfsReport } from './efs-report.js';
import { withSource, type FoundSource } from './efs-source.js';

interface Options extends BackupOptions, PasswordOptions {
  readonly key?: readonly string[];
}

interface ShownStream {
  readonly name: string;
  readonly encrypted: boolean;
  size: number;
  readonly missing: { readonly begin: number; readonly end: number; readonly reason: string }[];
}

/** Pieces that are read before Ctrl-C is looked for. */
const PATIENCE = 32;
const FORMS: Readonly<Record<FoundSource['source']['form'], string>> = {
  raw: 'raw transfer format',
  volume: 'encrypted on its volume',
  backup: 'in a backup',
};

/** Says what an encrypted file is encrypted with and for whom, and what streams it has. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const keys = await keysOf(io, options.key ?? [], options);
  return withSource(io, options, text, (found) => tell(io, options, found, keys));
}

async function tell(io: Io, options: Options, { source, now, backup, check }: FoundSource, keys: readonly EfsKey[]): Promise<ExitCode> {
  const { decodeEfsMetadata, unlock } = await import('@winback/efs-raw');
  const { path, form } = source;
  const report = new EfsReport(io, options);
  let metadata: EfsMetadata | ProtectedMetadata | undefined;
  let unlocked: Unlocked | undefined;
  const streams: ShownStream[] = [];
  let count = 0;
  for (let item: Item | undefined = await source.items.next(); item; item = await source.items.next()) {
    if (++count % PATIENCE === 0) await check();
    const stream = streams.at(-1);
    if (item.type === 'metadata') {
      metadata = decodeEfsMetadata(item.bytes);
      if (keys.length > 0) unlocked = unlock(metadata, keys, now);
    } else if (item.type === 'stream') streams.push({ name: item.name, encrypted: item.encrypted, size: 0, missing: [] });
    else if (item.type === 'missing') stream?.missing.push({ begin: item.begin, end: item.end, reason: item.reason.message });
    else if (item.type === 'end' && stream) stream.size = item.size;
  }
  if (!metadata) throw new TypeError('an encrypted file without metadata was opened');
  for (const warning of unlocked?.warnings ?? []) report.warn(warning);
  const entries = shownEntries(metadata);
  const cipher = cipherText(metadata, unlocked);
  const damaged = streams.some(({ missing }) => missing.length > 0) || source.faults.length > 0;
  for (const { message } of source.faults) report.warn(message);
  const lines = [
    `path: ${path}`,
    `form: ${FORMS[form]}${backup ? `, version ${backup.version}` : ''}`,
    `metadata: version ${metadata.version}${metadata.kind === 'keys' ? '' : ', which cannot be opened'}`,
    `cipher: ${cipher}`,
    ...(unlocked ? [`opened: as ${unlocked.as} ${unlocked.entry.displayName ?? unlocked.entry.thumbprint ?? ''}`] : []),
    ...entries.map(entryLine),
    ...streams.flatMap(({ name, size, encrypted, missing }) => [
      `stream: ${name}, ${formatCount(size)} bytes${encrypted ? '' : ', not encrypted'}`,
      ...missing.map(
        ({ begin, end, reason }) =>
          `damaged: ${name}, ${end > begin ? `bytes ${begin} to ${end - 1}` : `from byte ${begin} on`}: ${reason}`,
      ),
    ]),
  ];
  const document = {
    path,
    form,
    backup,
    version: metadata.version,
    efsId: metadata.efsId,
    cipher: (unlocked ?? metadata.kind === 'protected') ? cipher : undefined,
    openedAs: unlocked && { role: unlocked.as, thumbprint: unlocked.entry.thumbprint },
    entries,
    streams,
  };
  return report.finish(lines, document, damaged ? Exit.DAMAGED : Exit.DONE);
}
