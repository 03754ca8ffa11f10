import {
  decodeExtendedAttributes,
  decodeReparsePoint,
  encodeSpecialFile,
  FileAttribute,
  isWinbackError,
  ReparseDataBuffer,
  SourceError,
  takeFineTimes,
  takePosixFacts,
  type ExtendedAttribute,
  type FileEntry,
  type FileKind,
  type PosixFacts,
} from '@winback/core';
import { shown } from '@winback/core/linux';
import { realAttributes } from './attribute-bits.js';
import type { NtfsFacts } from './ntfs-facts.js';

const A = FileAttribute;
type PosixKind = Exclude<FileKind, 'file' | 'directory' | 'reparse-point'>;

/**
 * All that ntfs-3g tells of a file. What it shows as owner, group and mode is the mount's, not the file's. `readLink` answers where a
 * symbolic link points that is not told by a reparse point.
 */
export function completeEntry(bare: FileEntry, facts: NtfsFacts, readLink?: () => string): FileEntry {
  const attributes = realAttributes(facts.attributes ?? bare.attributes);
  const { securityDescriptor, objectId, shortName } = facts;
  const reparseData = (attributes & A.REPARSE_POINT) !== 0 ? facts.reparseData : undefined;
  const reparse = reparseData && decoded(bare, facts, 'reparse point', () => decodeReparsePoint(reparseData));
  const { times, posix, others } = fromExtendedAttributes(bare, facts);
  const entry: FileEntry = {
    ...bare,
    attributes,
    times,
    linkCount: bare.kind === 'directory' ? bare.linkCount : Math.max(1, bare.linkCount - (shortName === undefined ? 0 : 1)),
    kind: reparse ? kindOf(bare.kind, attributes, reparse.kind) : bare.kind,
    shortName,
    objectId,
    securityDescriptor,
    extendedAttributes: others.length > 0 ? others : undefined,
    reparseData,
    linkTarget: reparse?.linkTarget,
    efsMetadata: (attributes & A.ENCRYPTED) !== 0 ? facts.efsMetadata : undefined,
    posix: posix ?? bare.posix,
  };
  return reparseData === undefined && isPosix(bare.kind) ? withoutInterix(entry, bare.kind, readLink) : entry;
}

interface FromExtendedAttributes {
  readonly times: FileEntry['times'];
  readonly posix: PosixFacts | undefined;
  readonly others: readonly ExtendedAttribute[];
}

function fromExtendedAttributes(bare: FileEntry, facts: NtfsFacts): FromExtendedAttributes {
  const ea = facts.extendedAttributes;
  const list = (ea && decoded(bare, facts, 'extended attributes', () => decodeExtendedAttributes(ea))) ?? [];
  const { times, others } = takeFineTimes(list, facts.times ?? bare.times);
  const taken = decoded(bare, facts, 'POSIX facts', () => takePosixFacts(others));
  if (taken?.posix) return { times, posix: taken.posix, others: taken.others };
  // Devices that ntfs-3g made say their number alone, which statx(2) says too.
  return { times, posix: undefined, others: bare.posix?.device ? others.filter(({ name }) => name.toUpperCase() !== '$LXDEV') : others };
}

/** Special files and links as Interix keeps them, in the content of a system file, are told as WSL tells them. */
function withoutInterix(entry: FileEntry, kind: PosixKind, readLink: (() => string) | undefined): FileEntry {
  const linkTarget = kind === 'symbolic-link' ? readLink?.() : undefined;
  const attributes = (entry.attributes & ~(A.SYSTEM | A.NORMAL)) | A.REPARSE_POINT;
  return { ...entry, attributes, linkTarget, reparseData: encodeSpecialFile(kind, linkTarget) };
}

function decoded<T>({ path }: FileEntry, { problems }: NtfsFacts, what: string, decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    const message = `${shown(path)}: its ${what} make no sense: ${error.message}`;
    problems.push({ path, error: new SourceError('SOURCE_UNSUPPORTED', message, { path }, { cause: error }), effect: 'incomplete' });
    return undefined;
  }
}

/** A folder that is a reparse point stays a folder, unless it is a symbolic link. */
function kindOf(found: FileKind, attributes: number, told: FileKind): FileKind {
  if (told !== 'reparse-point') return told;
  return (attributes & A.DIRECTORY) !== 0 || found === 'directory' ? 'directory' : 'reparse-point';
}

/** Links and special files: what they are is all there is of them. */
export const isPosix = (kind: FileKind): kind is PosixKind => kind !== 'file' && kind !== 'directory' && kind !== 'reparse-point';

export const reparseTag = (buffer: Uint8Array): number | undefined =>
  buffer.length < ReparseDataBuffer.size ? undefined : ReparseDataBuffer.decode(buffer).reparseTag;

/** Whether the reparse point stands for all there is of the file, so that no content lies behind it. */
export function hasNoContentBehind(tag: number): boolean {
  const NAME_SURROGATE = 0x2000_0000;
  return (tag & NAME_SURROGATE) !== 0 || EMPTY_TAGS.has(tag);
}
/** AF_UNIX, LX_FIFO, LX_CHR, LX_BLK, APPEXECLINK. */
const EMPTY_TAGS = new Set([0x8000_0023, 0x8000_0024, 0x8000_0025, 0x8000_0026, 0x8000_001b]);
