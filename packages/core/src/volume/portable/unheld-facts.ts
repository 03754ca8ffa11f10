import { RecoveryError } from '../../errors/index.js';
import { FileAttribute } from '../../facts/file-attributes.js';
import type { FileEntry } from '../../facts/file-entry.js';
import { ReparseDataBuffer } from '../../facts/reparse.layout.js';
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

/** Facts that POSIX file systems have no place for, in words. */
function unheldFacts(entry: FileEntry): string[] {
  const facts: string[] = [];
  if (entry.securityDescriptor) facts.push('the security descriptor');
  if (entry.extendedAttributes?.length) facts.push(`the extended attributes ${entry.extendedAttributes.map((ea) => ea.name).join(', ')}`);
  if (entry.objectId) facts.push('the object id');
  if (entry.reparseData && (entry.kind === 'reparse-point' || entry.kind === 'directory')) {
    const tag = entry.reparseData.length < ReparseDataBuffer.size ? 0 : ReparseDataBuffer.decode(entry.reparseData).reparseTag;
    facts.push(`the reparse point 0x${tag.toString(16)}`);
  }
  if (entry.attributes & FileAttribute.HIDDEN) facts.push('the attribute hidden');
  if (entry.attributes & FileAttribute.SYSTEM) facts.push('the attribute system');
  return facts;
}

/** All that a file had and could not be given, as one problem; none when it was given everything. */
export function unheldProblem(entry: FileEntry, streams: readonly string[]): FileProblem[] {
  const facts = [...unheldFacts(entry), ...streams];
  if (facts.length === 0) return [];
  const error = new RecoveryError(
    'RECOVERY_FACT',
    `${entry.path}: this file system has no place for ${facts.join(', ')}`,
    { path: entry.path, facts },
    { hint: 'Recover to a volume with NTFS to keep them.' },
  );
  return [{ path: entry.path, error, effect: 'incomplete' }];
}
