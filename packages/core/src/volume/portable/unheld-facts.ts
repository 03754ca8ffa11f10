import { RecoveryError } from '../../errors/index.js';
import type { FileEntry } from '../../facts/file-entry.js';
import type { BackupStreamHeader } from '../../streams/backup-stream.js';
import { StreamId } from '../../streams/stream-id.layout.js';
import type { FileProblem } from '../volume.js';

const STREAM_NAMES = new Map(Object.entries(StreamId).map(([name, id]) => [id as number, name]));

/** A stream that POSIX file systems have no place for, in words. */
export function describeStream(stream: BackupStreamHeader): string {
  if (stream.foreign) return `the ${stream.foreign.format} stream ${stream.foreign.id}`;
  if (stream.id === StreamId.ALTERNATE_DATA) return `the alternate stream ${stream.name ?? ''}`.trimEnd();
  return `the ${STREAM_NAMES.get(stream.id) ?? `unknown (${stream.id})`} stream`;
}

/** All streams that a file had and could not be given, as one problem; none when it was given everything. */
export function unheldProblem(entry: FileEntry, streams: readonly string[]): FileProblem[] {
  if (streams.length === 0) return [];
  const error = new RecoveryError(
    'RECOVERY_FACT',
    `${entry.path}: this file system has no place for ${streams.join(', ')}`,
    { path: entry.path, facts: streams },
    { hint: 'Recover to a volume with NTFS to keep them.' },
  );
  return [{ path: entry.path, error, effect: 'incomplete' }];
}
