import { encodeExtendedAttributes } from '../facts/extended-attributes.js';
import type { FileEntry } from '../facts/file-entry.js';
import { encodePosixFacts } from '../facts/posix-forms.js';
import type { BackupStreamHeader, ForeignStream } from './backup-stream.js';
import type { MemoryStream } from './memory-streams.js';
import { StreamAttribute, StreamId } from './stream-id.layout.js';

/** BackupRead has no stream for it: it does not transport encrypted files. */
const EFS_METADATA: ForeignStream = { format: 'ntfs', id: '$EFS', attributes: 0 };
export const isEfsMetadata = ({ foreign }: BackupStreamHeader): boolean =>
  foreign?.format === EFS_METADATA.format && foreign.id === EFS_METADATA.id;
/** The header of the stream that carries an `$EFS` attribute. */
export const efsMetadataStream = (length: number): BackupStreamHeader => ({ id: 0, attributes: 0, length, foreign: EFS_METADATA });

/** A whole encrypted file as ReadEncryptedFileRaw gives it: Microsoft Tape Format has a stream for it. */
const RAW_ENCRYPTED: ForeignStream = { format: 'mtf', id: 'NTED', attributes: 0 };
export const isRawEncrypted = ({ foreign }: BackupStreamHeader): boolean =>
  foreign?.format === RAW_ENCRYPTED.format && foreign.id === RAW_ENCRYPTED.id;
/** The header of the stream that carries an encrypted file whole. */
export const rawEncryptedStream = (length: number): BackupStreamHeader => ({ id: 0, attributes: 0, length, foreign: RAW_ENCRYPTED });

/** The facts of a file that travel as streams, in the order in which Winback writes them: all before the content. */
export function factStreams(entry: FileEntry): MemoryStream[] {
  const streams: MemoryStream[] = [];
  if (entry.securityDescriptor) {
    streams.push({ id: StreamId.SECURITY_DATA, attributes: StreamAttribute.CONTAINS_SECURITY, data: entry.securityDescriptor });
  }
  if (entry.posix) streams.push({ id: StreamId.EA_DATA, attributes: 0, data: encodePosixFacts(entry.posix, entry.extendedAttributes) });
  else if (entry.extendedAttributes?.length) {
    streams.push({ id: StreamId.EA_DATA, attributes: 0, data: encodeExtendedAttributes(entry.extendedAttributes) });
  }
  if (entry.objectId) streams.push({ id: StreamId.OBJECT_ID, attributes: 0, data: entry.objectId });
  if (entry.reparseData) streams.push({ id: StreamId.REPARSE_DATA, attributes: 0, data: entry.reparseData });
  if (entry.efsMetadata) streams.push({ id: 0, attributes: 0, foreign: EFS_METADATA, data: entry.efsMetadata });
  return streams;
}

/** Alternate streams that are in memory, in the order of their names. */
export function alternateStreams(alternates: ReadonlyMap<string, Uint8Array> | undefined): MemoryStream[] {
  const names = alternates ? [...alternates.keys()].sort() : [];
  return names.map((name) => ({
    id: StreamId.ALTERNATE_DATA,
    attributes: 0,
    name: `:${name}:$DATA`,
    data: alternates?.get(name) ?? new Uint8Array(),
  }));
}

/** The LINK stream of a later sight of a hard link: the path of the first, as Windows spells it. */
export function linkStream(linkTo: string): MemoryStream {
  return { id: StreamId.LINK, attributes: 0, data: Buffer.from(`\\${linkTo.replaceAll('/', '\\')}`, 'utf16le') };
}
