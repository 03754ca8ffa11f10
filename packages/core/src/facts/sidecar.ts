import { isWinbackError } from '../errors/index.js';
import { bytesToText } from '../text/file-name.js';
import { decodeExtendedAttributes, encodeExtendedAttributes, nameSome } from './extended-attributes.js';
import { FileFullEaInformation } from './extended-attributes.layout.js';
import { FileAttribute } from './file-attributes.js';
import type { ExtendedAttribute, FileEntry, FileKind } from './file-entry.js';
import { fromFileTime, toFileTime } from './file-times.js';
import { decodeReparsePoint, encodeSpecialFile, REPARSE_MAX } from './reparse.js';
import { ReparseDataBuffer } from './reparse.layout.js';

/**
 * Facts of Windows files, kept beside a file on a file system that has no place for them: as POSIX extended attributes with the
 * bytes that ntfs-3g gives and takes under `system.ntfs_*`. Files and folders have them in the `user` namespace; links and special
 * files, which Linux allows no `user` attributes, in `trusted`, which only root may see and set.
 */
const PREFIXES = { user: 'user.winback.', trusted: 'trusted.winback.' } as const;
const IS_SIDECAR = /^(?:user|trusted)\.winback\./;
const prefixOf = (kind: FileKind): string =>
  kind === 'file' || kind === 'directory' || kind === 'reparse-point' ? PREFIXES.user : PREFIXES.trusted;

const ACL = 'ntfs_acl';
const ATTRIBUTES = 'ntfs_attrib';
const CREATION_TIME = 'ntfs_crtime';
const SHORT_NAME = 'ntfs_dos_name';
const OBJECT_ID = 'ntfs_object_id';
const EXTENDED_ATTRIBUTES = 'ntfs_ea';
const REPARSE_DATA = 'ntfs_reparse_data';
const EFS_METADATA = 'ntfs_efsinfo';
const STREAM = 'stream.';

/** Bits that say how a file is stored: whoever stores it anew decides them. */
const STORED = FileAttribute.DIRECTORY | FileAttribute.SPARSE_FILE | FileAttribute.REPARSE_POINT | FileAttribute.NORMAL;

const SECTOR = 512;
const IS_SHORT_NAME = /^[^/\\:\p{Cc}]{1,12}$/u;

/** Whether an extended attribute is one of those that keep a Windows file's facts. */
export const isSidecarName = (name: string): boolean => IS_SIDECAR.test(name);

/** One fact kept beside a file: the attribute's name and value, and what it is, in words. */
export interface SidecarFact {
  readonly name: string;
  readonly value: Uint8Array;
  readonly fact: string;
}

/** The name of an alternate stream from its backup stream's `:name:$DATA`. */
export const alternateName = (streamName: string): string => streamName.replace(/^:/, '').replace(/:\$DATA$/, '');

const littleEndian = (bytes: 4 | 8, value: number | bigint): Uint8Array => {
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  if (bytes === 4) view.setUint32(0, Number(value), true);
  else view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  return out;
};

/** The same of one kind of file: whether a link leads to a folder only Windows keeps. */
const storedOf = (kind: FileKind): number => (kind === 'symbolic-link' ? STORED & ~FileAttribute.DIRECTORY : STORED);

/** Whether a file has facts that only Windows knows: then it was one of Windows', and its attributes and creation time count too. */
function isWindowsFile(entry: FileEntry): boolean {
  const { posix, securityDescriptor, shortName, objectId, extendedAttributes, efsMetadata, attributes, kind } = entry;
  if (!posix || securityDescriptor || objectId || efsMetadata || shortName !== undefined || extendedAttributes?.length) return true;
  const without = (attributes & FileAttribute.ARCHIVE) === 0; // files of POSIX are told to have it, all of them
  return (attributes & ~(storedOf(kind) | FileAttribute.ARCHIVE)) !== 0 || (kind === 'file' && without) || kind === 'reparse-point';
}

/** Whether the reparse point says nothing that the kind of file and its target do not: it can be made anew from them. */
function isMadeFromPosix({ kind, linkTarget, reparseData }: FileEntry): boolean {
  if (kind === 'file' || kind === 'directory' || kind === 'reparse-point') return false;
  return reparseData !== undefined && Buffer.compare(encodeSpecialFile(kind, linkTarget), reparseData) === 0;
}

/** What POSIX has no place for, as attributes beside the file; its alternate streams with their bytes among them. */
export function encodeSidecar(entry: FileEntry, alternates: ReadonlyMap<string, Uint8Array> = new Map()): SidecarFact[] {
  const facts: SidecarFact[] = [];
  const prefix = prefixOf(entry.kind);
  const keep = (name: string, value: Uint8Array | undefined, fact: string): void => {
    if (value) facts.push({ name: prefix + name, value, fact });
  };
  if (isWindowsFile(entry)) {
    keep(ATTRIBUTES, littleEndian(4, entry.attributes), 'its attributes');
    if (entry.times.creation !== undefined) keep(CREATION_TIME, littleEndian(8, toFileTime(entry.times.creation)), 'its time of creation');
  }
  keep(ACL, entry.securityDescriptor, 'its security descriptor');
  keep(SHORT_NAME, entry.shortName === undefined ? undefined : Buffer.from(entry.shortName, 'utf8'), 'its short name');
  keep(OBJECT_ID, entry.objectId, 'its object id');
  const { extendedAttributes } = entry;
  if (extendedAttributes?.length) {
    const names = nameSome(extendedAttributes.map((ea) => ea.name));
    keep(EXTENDED_ATTRIBUTES, encodeVolumeAttributes(extendedAttributes), `its extended attributes ${names}`);
  }
  if (entry.reparseData && !isMadeFromPosix(entry))
    keep(REPARSE_DATA, entry.reparseData, `its reparse point ${describeTag(entry.reparseData)}`);
  keep(EFS_METADATA, entry.efsMetadata, 'its EFS metadata');
  for (const [name, value] of alternates) keep(STREAM + name, value, `its alternate stream ${name}`);
  return facts;
}

/** A list of extended attributes as NTFS has it on the volume: the last entry tells its length too. */
export function encodeVolumeAttributes(list: readonly ExtendedAttribute[]): Uint8Array {
  return asOnVolume(encodeExtendedAttributes(list));
}

/** The same from the list as streams have it, where the last entry tells 0. */
export function asOnVolume(list: Uint8Array): Uint8Array {
  const padded = new Uint8Array((list.length + 3) & ~3);
  padded.set(list);
  for (let at = 0; at < padded.length;) {
    const { nextEntryOffset } = FileFullEaInformation.decode(padded, at);
    if (nextEntryOffset === 0) {
      new DataView(padded.buffer).setUint32(at + FileFullEaInformation.offsetOf('nextEntryOffset'), padded.length - at, true);
      break;
    }
    at += nextEntryOffset;
  }
  return padded;
}

export function describeTag(reparseData: Uint8Array): string {
  const tag = reparseData.length < ReparseDataBuffer.size ? 0 : ReparseDataBuffer.decode(reparseData).reparseTag;
  return `0x${tag.toString(16).padStart(8, '0')}`;
}

/** What was found beside a file. */
export interface Sidecar {
  /** The attributes that are no sidecar; undefined when none is left. */
  readonly xattrs: ReadonlyMap<string, Uint8Array> | undefined;
  readonly facts: Partial<FileEntry>;
  readonly alternates: ReadonlyMap<string, Uint8Array>;
  /** Attributes that look like a sidecar's and make no sense: they stay among {@link xattrs}. */
  readonly broken: readonly string[];
}

/** Takes the facts of a Windows file out of the attributes beside it; undefined when there are none. */
export function takeSidecar(bare: FileEntry, xattrs: ReadonlyMap<string, Uint8Array>): Sidecar | undefined {
  const rest = new Map<string, Uint8Array>();
  const alternates = new Map<string, Uint8Array>();
  const found = new FoundFacts(bare);
  const broken: string[] = [];
  const prefix = prefixOf(bare.kind);
  let any = false;
  for (const [name, value] of xattrs) {
    const isOurs = isSidecarName(name);
    const key = isOurs && name.startsWith(prefix) ? name.slice(prefix.length) : '';
    any ||= isOurs;
    const stream = key.startsWith(STREAM) ? key.slice(STREAM.length) : '';
    if (isStreamName(stream)) alternates.set(stream, value);
    else if (!found.take(key, value)) {
      rest.set(name, value);
      if (isOurs) broken.push(name);
    }
  }
  return any ? { xattrs: rest.size > 0 ? rest : undefined, facts: found.facts, alternates, broken } : undefined;
}

/** Whether a file can have a stream of this name; the one without a name is its content. */
const isStreamName = (name: string): boolean => name !== '' && !name.includes('/');

class FoundFacts {
  readonly #facts: { -readonly [K in keyof FileEntry]?: FileEntry[K] } = {};
  #attributes: number | undefined;
  constructor(private readonly bare: FileEntry) {}

  /** False: the value makes no sense. */
  take(key: string, value: Uint8Array): boolean {
    const facts = this.#facts;
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    switch (key) {
      case ACL:
        if (isDescriptor(value)) facts.securityDescriptor = value;
        return facts.securityDescriptor !== undefined;
      case ATTRIBUTES:
        if (value.length === 4) this.#attributes = view.getUint32(0, true);
        return value.length === 4;
      case CREATION_TIME:
        if (value.length === 8) facts.times = { ...this.bare.times, creation: fromFileTime(view.getBigInt64(0, true)) };
        return value.length === 8;
      case SHORT_NAME:
        if (IS_SHORT_NAME.test(bytesToText(value))) facts.shortName = bytesToText(value);
        return facts.shortName !== undefined;
      case OBJECT_ID:
        if (value.length === 16 || value.length === 64) facts.objectId = value;
        return facts.objectId !== undefined;
      case EXTENDED_ATTRIBUTES:
        return makesSense(() => (facts.extendedAttributes = decodeExtendedAttributes(value)));
      case REPARSE_DATA: {
        let taken = false;
        return makesSense(() => (taken = this.#takeReparseData(value))) && taken;
      }
      case EFS_METADATA:
        if (this.#isCiphertext && value.length >= 4 && view.getUint32(0, true) === value.length) facts.efsMetadata = value;
        return facts.efsMetadata !== undefined;
      default:
        return false;
    }
  }

  get facts(): Partial<FileEntry> {
    const { attributes, kind } = this.bare;
    const stored = storedOf(kind);
    const kept = this.#attributes === undefined ? attributes : (attributes & stored) | (this.#attributes & ~stored);
    const reparse = this.#facts.reparseData ? FileAttribute.REPARSE_POINT : 0;
    const all = (kept | reparse) >>> 0;
    return { ...this.#facts, attributes: all === 0 ? FileAttribute.NORMAL : all };
  }

  /** Whole sectors and the number of bytes that fill the last one, if there are any; folders have keys alone. */
  get #isCiphertext(): boolean {
    const { kind, size } = this.bare;
    return kind === 'directory' || (kind === 'file' && (size === 0 || size % SECTOR === 2));
  }

  /** False: it belongs to a file of another kind, and must not make one of this. */
  #takeReparseData(value: Uint8Array): boolean {
    const { kind, linkTarget } = decodeReparsePoint(value);
    const { bare } = this;
    if (!isWholeReparsePoint(value)) return false;
    if (bare.kind === 'file' || bare.kind === 'directory' ? kind !== 'reparse-point' : kind !== bare.kind) return false;
    // A link that was changed since it was recovered is what it is now.
    if (bare.kind === 'symbolic-link' && asPosixTarget(linkTarget) !== asPosixTarget(bare.linkTarget)) return true;
    this.#facts.reparseData = value;
    if (bare.kind === 'symbolic-link') this.#facts.linkTarget = linkTarget;
    else if (bare.kind === 'file') this.#facts.kind = kind;
    return true;
  }
}

/** Whether a buffer is as long as it says; tags that are not Microsoft's have a GUID before the data. */
function isWholeReparsePoint(value: Uint8Array): boolean {
  const { reparseTag, reparseDataLength } = ReparseDataBuffer.decode(value);
  const guid = (reparseTag & 0x8000_0000) === 0 ? 16 : 0;
  return value.length === ReparseDataBuffer.size + guid + reparseDataLength && value.length <= REPARSE_MAX;
}

/** The least: a header of the one revision that there is. Whoever sets it looks closer. */
const isDescriptor = (value: Uint8Array): boolean => value.length >= 20 && value[0] === 1;

const asPosixTarget = (target = ''): string => target.replaceAll('\\', '/');

function makesSense(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return false;
  }
}
