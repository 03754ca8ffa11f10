import { isWinbackError } from '../errors/index.js';
import { bytesToText } from '../text/file-name.js';
import { decodeExtendedAttributes, encodeExtendedAttributes } from './extended-attributes.js';
import { FileAttribute } from './file-attributes.js';
import type { FileEntry } from './file-entry.js';
import { fromFileTime, toFileTime } from './file-times.js';
import { decodeReparsePoint, encodeSpecialFile } from './reparse.js';
import { ReparseDataBuffer } from './reparse.layout.js';

/**
 * Facts of Windows files, kept beside a file on a file system that has no place for them: as POSIX extended attributes with the
 * bytes that ntfs-3g gives and takes under `system.ntfs_*`. Files and folders have them in the `user` namespace; links and special
 * files, which Linux allows no `user` attributes, in `trusted`, which only root may see and set.
 */
const PREFIXES = { user: 'user.winback.', trusted: 'trusted.winback.' } as const;
const IS_SIDECAR = /^(?:user|trusted)\.winback\.(.*)$/s;

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

/** Whether a file has facts that only Windows knows: then it was one of Windows', and its attributes and creation time count too. */
const isWindowsFile = ({
  securityDescriptor,
  shortName,
  objectId,
  extendedAttributes,
  efsMetadata,
  posix,
  attributes,
}: FileEntry): boolean =>
  !posix ||
  securityDescriptor !== undefined ||
  shortName !== undefined ||
  objectId !== undefined ||
  efsMetadata !== undefined ||
  (extendedAttributes?.length ?? 0) > 0 ||
  (attributes & ~(STORED | FileAttribute.ARCHIVE)) !== 0;

/** Whether the reparse point says nothing that the kind of file and its target do not: it can be made anew from them. */
function isMadeFromPosix({ kind, linkTarget, reparseData }: FileEntry): boolean {
  if (kind === 'file' || kind === 'directory' || kind === 'reparse-point') return false;
  return reparseData !== undefined && Buffer.compare(encodeSpecialFile(kind, linkTarget), reparseData) === 0;
}

/** What POSIX has no place for, as attributes beside the file; its alternate streams with their bytes among them. */
export function encodeSidecar(entry: FileEntry, alternates: ReadonlyMap<string, Uint8Array> = new Map()): SidecarFact[] {
  const facts: SidecarFact[] = [];
  const prefix = entry.kind === 'file' || entry.kind === 'directory' || entry.kind === 'reparse-point' ? PREFIXES.user : PREFIXES.trusted;
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
    const names = extendedAttributes.map((ea) => ea.name).join(', ');
    keep(EXTENDED_ATTRIBUTES, encodeExtendedAttributes(extendedAttributes), `its extended attributes ${names}`);
  }
  if (entry.reparseData && !isMadeFromPosix(entry))
    keep(REPARSE_DATA, entry.reparseData, `its reparse point ${describeTag(entry.reparseData)}`);
  keep(EFS_METADATA, entry.efsMetadata, 'its EFS metadata');
  for (const [name, value] of alternates) keep(STREAM + name, value, `its alternate stream ${name}`);
  return facts;
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
  let any = false;
  for (const [name, value] of xattrs) {
    const key = IS_SIDECAR.exec(name)?.[1];
    any ||= key !== undefined;
    if (key?.startsWith(STREAM)) alternates.set(key.slice(STREAM.length), value);
    else if (key === undefined || !found.take(key, value)) rest.set(name, value);
    if (key !== undefined && rest.has(name)) broken.push(name);
  }
  return any ? { xattrs: rest.size > 0 ? rest : undefined, facts: found.facts, alternates, broken } : undefined;
}

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
        facts.securityDescriptor = value;
        return true;
      case ATTRIBUTES:
        if (value.length === 4) this.#attributes = view.getUint32(0, true);
        return value.length === 4;
      case CREATION_TIME:
        if (value.length === 8) facts.times = { ...this.bare.times, creation: fromFileTime(view.getBigInt64(0, true)) };
        return value.length === 8;
      case SHORT_NAME:
        facts.shortName = bytesToText(value);
        return true;
      case OBJECT_ID:
        if (value.length === 16 || value.length === 64) facts.objectId = value;
        return facts.objectId !== undefined;
      case EXTENDED_ATTRIBUTES:
        return makesSense(() => (facts.extendedAttributes = decodeExtendedAttributes(value)));
      case REPARSE_DATA:
        return makesSense(() => {
          this.#takeReparseData(value);
        });
      case EFS_METADATA:
        facts.efsMetadata = value;
        return true;
      default:
        return false;
    }
  }

  get facts(): Partial<FileEntry> {
    const { attributes } = this.bare;
    const kept = this.#attributes === undefined ? attributes : (attributes & STORED) | (this.#attributes & ~STORED);
    const reparse = this.#facts.reparseData ? FileAttribute.REPARSE_POINT : 0;
    const all = kept | reparse;
    return { ...this.#facts, attributes: all === 0 ? FileAttribute.NORMAL : all };
  }

  #takeReparseData(value: Uint8Array): void {
    const { kind, linkTarget } = decodeReparsePoint(value);
    const { bare } = this;
    // A link that was changed since it was recovered is what it is now.
    if (bare.kind === 'symbolic-link' && asPosixTarget(linkTarget) !== asPosixTarget(bare.linkTarget)) return;
    this.#facts.reparseData = value;
    if (bare.kind === 'symbolic-link') this.#facts.linkTarget = linkTarget;
    else if (bare.kind === 'file' && kind === 'reparse-point') this.#facts.kind = kind;
  }
}

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
