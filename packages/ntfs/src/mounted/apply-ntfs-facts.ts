import { constants } from 'node:os';
import {
  decodeExtendedAttributes,
  encodeExtendedAttributes,
  encodeFineTimes,
  encodePosixFacts,
  FileAttribute,
  FileFullEaInformation,
  RecoveryError,
  toFileTime,
  type FileEntry,
  type FileProblem,
  type FileTimes,
} from '@winback/core';
import { factError, libc, setXattr, shown, type AppliedFacts, type RecoveredFile, type XattrHolder } from '@winback/core/linux';
import { writeAlternate } from './write-alternate.js';
import type { StreamsInterface } from './alternate-streams.js';
import { NtfsFacts, realAttributes } from './ntfs-facts.js';
import { NtfsXattr } from './ntfs-xattrs.js';

const { EINVAL, EEXIST, EMLINK, ERANGE } = constants.errno;

const A = FileAttribute;
/** What ntfs-3g sets when it is told to. */
const SETTABLE = A.READONLY | A.HIDDEN | A.SYSTEM | A.ARCHIVE | A.TEMPORARY | A.OFFLINE | A.NOT_CONTENT_INDEXED;
/** What other facts bring about, or what says nothing by itself. */
const FOLLOWS = A.DIRECTORY | A.REPARSE_POINT | A.NORMAL | A.DEVICE;
const ATTRIBUTE_NAMES = new Map<number, string>([
  ...Object.entries(A).map(([name, bit]) => [bit, name.toLowerCase().replaceAll('_', ' ')] as const),
  [0x8000, 'integrity stream'],
  [0x2_0000, 'no scrub data'],
  [0x8_0000, 'pinned'],
  [0x10_0000, 'unpinned'],
]);

/** Where the facts of a file are set. */
export interface FactHolder {
  readonly path: string;
  readonly xattrs: XattrHolder;
}

/**
 * Sets one file's facts through the attributes of ntfs-3g. A file that becomes a reparse point is none that can be written or closed
 * any more, so that this, and all that comes after it, is done by its name in the end.
 */
export class NtfsFactWriter {
  readonly #problems: FileProblem[] = [];
  readonly #converted: string[] = [];

  constructor(
    private readonly file: FactHolder,
    private readonly entry: FileEntry,
  ) {}

  /** What can be set while the file is open; its times last. */
  whileOpen(file: RecoveredFile, alternates: ReadonlyMap<string, Uint8Array>, shownAs: StreamsInterface): AppliedFacts {
    const { entry } = this;
    for (const [name, bytes] of alternates) {
      const done = shownAs === 'xattr' ? setXattr(file.xattrs, `user.${name}`, bytes) : writeAlternate(file, name, bytes);
      if (!done) this.#failed(libc().errno(), `its alternate stream ${name}`);
    }
    this.#setExtendedAttributes();
    if (entry.objectId) this.#set(NtfsXattr.OBJECT_ID, entry.objectId, 'its object id', OBJECT_ID_HINTS);
    if (entry.efsMetadata) this.#setEncrypted(entry.efsMetadata);
    if (!becomesReparsePoint(entry) || entry.kind === 'directory') this.#setRest(file.hasOwnXattrs === 'earlier');
    return { problems: this.#problems, converted: this.#converted };
  }

  /** What belongs to the name that the file has in the end, and what makes it a reparse point. */
  byName(): readonly FileProblem[] {
    const { shortName, linkTo, kind } = this.entry;
    if (shortName !== undefined && linkTo === undefined) {
      this.#set(NtfsXattr.DOS_NAME, Buffer.from(shortName, 'utf8'), `its short name ${shortName}`, SHORT_NAME_HINTS);
    }
    if (linkTo === undefined && becomesReparsePoint(this.entry) && kind !== 'directory') this.#setRest(true);
    return this.#problems;
  }

  #setRest(fromUnknown: boolean): void {
    const { reparseData, securityDescriptor } = this.entry;
    if (reparseData && becomesReparsePoint(this.entry)) this.#set(NtfsXattr.REPARSE_DATA, reparseData, 'its reparse point');
    if (securityDescriptor) this.#set(NtfsXattr.ACL, securityDescriptor, 'its security descriptor');
    this.#setAttributes(fromUnknown);
    this.#setTimes();
  }

  #set(name: string, value: Uint8Array, fact: string, hints: ReadonlyMap<number, string> = new Map()): boolean {
    if (setXattr(this.file.xattrs, name, value)) return true;
    this.#failed(libc().errno(), fact, hints);
    return false;
  }

  #failed(errno: number, fact: string, hints: ReadonlyMap<number, string> = new Map()): void {
    this.#problems.push({ path: this.file.path, error: factProblem(errno, fact, this.file.path, hints), effect: 'incomplete' });
  }

  /** Something that this mount has no way for, as a problem. */
  #cannot(what: string, hint?: string): void {
    const { path } = this.file;
    const error = new RecoveryError('RECOVERY_FACT', `${shown(path)}: ${what}`, { path }, hint === undefined ? {} : { hint });
    this.#problems.push({ path, error, effect: 'incomplete' });
  }

  /** Windows' own, and those that carry what POSIX knows and NTFS does not. */
  #setExtendedAttributes(): void {
    const { posix, extendedAttributes = [], times } = this.entry;
    const fine = posix && encodeFineTimes(times);
    const others = fine ? [...extendedAttributes, fine] : extendedAttributes;
    if (!posix && others.length === 0) return;
    const list = posix ? encodePosixFacts(posix, others) : encodeExtendedAttributes(others);
    const names = decodeExtendedAttributes(list).map(({ name }) => name);
    if (!this.#set(NtfsXattr.EA, asOnVolume(list), `its extended attributes ${names.join(', ')}`)) return;
    if (posix) this.#converted.push('its owner, group and mode and what else POSIX knows, as the extended attributes that WSL uses');
  }

  #setEncrypted(metadata: Uint8Array): void {
    if (setXattr(this.file.xattrs, NtfsXattr.EFS_INFO, metadata)) return;
    this.#cannot('is encrypted (EFS); what was recovered is its ciphertext without its keys', 'Mount the volume with -o efs_raw.');
  }

  #setAttributes(fromUnknown: boolean): void {
    const { attributes, kind } = this.entry;
    const isFolder = kind === 'directory' || (attributes & A.DIRECTORY) !== 0;
    const settable = isFolder ? SETTABLE | A.COMPRESSED : SETTABLE;
    const wanted = (attributes & settable) >>> 0;
    const asMade = isFolder ? 0 : A.ARCHIVE;
    if (wanted !== asMade || fromUnknown) {
      const value = new Uint8Array(4);
      new DataView(value.buffer).setUint32(0, wanted, true);
      this.#set(NtfsXattr.ATTRIBUTES, value, 'its attributes');
    }
    const others = (attributes & ~settable & ~FOLLOWS) >>> 0;
    if (others === 0) return;
    const found = realAttributes(new NtfsFacts(this.file.xattrs, this.file.path).attributes ?? 0);
    const missing = (realAttributes(others) & ~found & ~A.NORMAL) >>> 0;
    if (missing !== 0) this.#cannot(`ntfs-3g cannot set the attributes ${attributeNames(missing).join(', ')}`);
  }

  #currentTimes(): FileTimes | undefined {
    const facts = new NtfsFacts(this.file.xattrs, this.file.path);
    const { times } = facts;
    this.#problems.push(...facts.problems);
    return times;
  }

  #setTimes(): void {
    const { times } = this.entry;
    const current = times.creation === undefined || times.lastAccess === undefined ? this.#currentTimes() : undefined;
    const { creation = current?.creation, lastWrite, lastAccess = current?.lastAccess } = times;
    if (creation === undefined || lastAccess === undefined) return;
    const value = new Uint8Array(24);
    const view = new DataView(value.buffer);
    const ticks = [creation, lastWrite, lastAccess].map(toFileTime);
    if (ticks.some((tick) => tick < 0n || tick >> 63n !== 0n)) {
      this.#failed(ERANGE, 'its times');
      return;
    }
    ticks.forEach((tick, i) => {
      view.setBigUint64(i * 8, tick, true);
    });
    this.#set(NtfsXattr.TIMES, value, 'its times');
  }
}

/** FIFOs, sockets and devices are made by the system; links and whatever else a reparse point makes of a file are made by setting it. */
export const isSpecial = ({ kind }: FileEntry): boolean =>
  kind === 'fifo' || kind === 'socket' || kind === 'character-device' || kind === 'block-device';
const becomesReparsePoint = (entry: FileEntry): boolean => entry.reparseData !== undefined && !isSpecial(entry);

const OBJECT_ID_HINTS = new Map([[EEXIST, 'Another file of the volume has this object id, for example the one that was backed up.']]);
const SHORT_NAME_HINTS = new Map([
  [EEXIST, 'Another file in the folder has this short name.'],
  [EINVAL, 'It is none that Windows would give to this name.'],
  [EMLINK, 'ntfs-3g sets no short names of files with several hard links.'],
]);

function factProblem(errno: number, fact: string, path: string, hints: ReadonlyMap<number, string>): RecoveryError {
  const error = factError(errno, fact, path);
  const hint = hints.get(errno);
  return hint === undefined ? error : new RecoveryError('RECOVERY_FACT', error.message, error.details, { hint });
}

/** On the volume the last entry tells its length too. */
function asOnVolume(list: Uint8Array): Uint8Array {
  const padded = new Uint8Array((list.length + 3) & ~3);
  padded.set(list);
  for (let at = 0; ;) {
    const { nextEntryOffset } = FileFullEaInformation.decode(padded, at);
    if (nextEntryOffset === 0) {
      new DataView(padded.buffer).setUint32(at + FileFullEaInformation.offsetOf('nextEntryOffset'), padded.length - at, true);
      return padded;
    }
    at += nextEntryOffset;
  }
}

function attributeNames(attributes: number): string[] {
  const names: string[] = [];
  for (let bit = 1; bit <= 0x4000_0000; bit *= 2)
    if ((attributes & bit) !== 0) names.push(ATTRIBUTE_NAMES.get(bit) ?? `0x${bit.toString(16)}`);
  return names;
}
