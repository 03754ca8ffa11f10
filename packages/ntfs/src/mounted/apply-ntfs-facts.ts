import { constants } from 'node:os';
import {
  encodeSpecialFile,
  FileAttribute,
  nameSome,
  RecoveryError,
  textToBytes,
  toFileTime,
  type FileEntry,
  type FileProblem,
  type FileTimes,
} from '@winback/core';
import { factError, libc, setXattr, shown, type AppliedFacts, type RecoveredFile, type XattrHolder } from '@winback/core/linux';
import type { StreamsInterface } from './alternate-streams.js';
import { attributeNames, missingAttributes, settableAttributes } from './attribute-bits.js';
import { fittingAttributes } from './extended-attribute-list.js';
import { leadsElsewhere, whyNoObjectId, whyNoReparsePoint, whyNoShortName } from './fact-checks.js';
import { NtfsFacts } from './ntfs-facts.js';
import { getNtfsXattr, NtfsXattr, removeNtfsXattr } from './ntfs-xattrs.js';
import { removeStale } from './remove-stale.js';
import { isEmptyFolder, writeAlternate } from './write-alternate.js';

const { EINVAL, EEXIST, EMLINK, ERANGE } = constants.errno;
const A = FileAttribute;

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
  readonly #reparseData: Uint8Array | undefined;

  constructor(
    private readonly file: FactHolder,
    private readonly entry: FileEntry,
  ) {
    const { kind, linkTarget, reparseData } = entry;
    this.#reparseData = isSpecial(entry)
      ? undefined
      : (reparseData ?? (kind === 'symbolic-link' ? encodeSpecialFile(kind, linkTarget) : undefined));
  }

  /** What can be set while the file is open; its times last. */
  whileOpen(file: RecoveredFile, alternates: ReadonlyMap<string, Uint8Array>, shownAs: StreamsInterface): AppliedFacts {
    const { entry } = this;
    if (file.hasOwnXattrs === 'earlier')
      for (const { fact, errno } of removeStale(file, entry, alternates, shownAs)) this.#failed(errno, fact);
    for (const [name, bytes] of alternates) this.#setAlternate(file, name, bytes, shownAs);
    this.#setExtendedAttributes();
    if (entry.objectId) this.#setObjectId(entry.objectId, entry.kind !== 'directory');
    if (entry.efsMetadata) this.#setEncrypted(entry.efsMetadata);
    if (!this.#reparseData) this.#setRest();
    else if (entry.kind === 'directory') {
      const hides = leadsElsewhere(this.#reparseData) && !isEmptyFolder(file.fd);
      if (hides) this.#cannot('its reparse point could not be set, for it would hide the files that are in the folder');
      else this.#setReparsePoint(this.#reparseData);
      this.#setRest();
    }
    if (this.#isInterix)
      this.#converted.push('what kind of file it is, as Interix keeps it, for the volume is not mounted with -o special_files=wsl');
    return { problems: this.#problems, converted: this.#converted };
  }

  /** What belongs to the name that the file has in the end, and what makes it a reparse point. */
  byName(): readonly FileProblem[] {
    const { shortName, linkTo, kind, attributes, objectId } = this.entry;
    // The file whose place this one takes may have had the same object id until now.
    if (objectId && linkTo === undefined && kind !== 'directory' && !getNtfsXattr(this.file.xattrs, NtfsXattr.OBJECT_ID, () => undefined)) {
      this.#setObjectId(objectId, false);
    }
    if (shortName !== undefined && linkTo === undefined) this.#setShortName(shortName);
    if (kind === 'directory') return this.#problems;
    if (linkTo === undefined && this.#reparseData) {
      this.#setReparsePoint(this.#reparseData);
      this.#setRest();
    } else if (!this.#reparseData && (attributes & A.ARCHIVE) === 0) this.#setAttributes(); // a new name sets the attribute archive
    return this.#problems;
  }

  /** The security descriptor last: whoever is not root may do nothing more to a file that is somebody else's. */
  #setRest(): void {
    const { securityDescriptor } = this.entry;
    this.#setAttributes();
    this.#nameMissingAttributes();
    this.#setTimes();
    if (securityDescriptor) this.#set(NtfsXattr.ACL, securityDescriptor, 'its security descriptor');
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

  #setAlternate(file: RecoveredFile, name: string, bytes: Uint8Array, shownAs: StreamsInterface): void {
    const attribute = `user.${name}`;
    if (attribute === NtfsXattr.EFS_INFO_AS_STREAM && shownAs === 'xattr') {
      this.#cannot(
        `its alternate stream ${name} means something else to this mount`,
        'Mount the volume with -o streams_interface=windows.',
      );
      return;
    }
    const done = shownAs === 'xattr' ? setXattr(file.xattrs, attribute, bytes) : writeAlternate(file, name, bytes);
    if (!done) this.#failed(libc().errno(), `its alternate stream ${name}`);
  }

  /** Windows' own, and those that carry what POSIX knows and NTFS does not. */
  #setExtendedAttributes(): void {
    const { posix } = this.entry;
    const fitting = fittingAttributes(this.entry);
    if (!fitting) return;
    if (fitting.leftOut.length > 0)
      this.#cannot(`among the 64 KiB of its extended attributes there is no room for ${nameSome(fitting.leftOut)}`);
    if (fitting.list.length === 0) return;
    const words = 'its owner, group and mode and what else POSIX knows, as the extended attributes that WSL uses';
    if (setXattr(this.file.xattrs, NtfsXattr.EA, fitting.list)) {
      if (posix) this.#converted.push(words);
      return;
    }
    const others = this.entry.extendedAttributes ?? [];
    const fact = others.length === 0 ? 'what POSIX knows of it' : `its extended attributes ${nameSome(others.map(({ name }) => name))}`;
    this.#failed(libc().errno(), fact);
    // One attribute that is none that NTFS takes must not cost the others.
    const alone = others.length > 0 && posix ? fittingAttributes({ ...this.entry, extendedAttributes: undefined }) : undefined;
    if (alone && setXattr(this.file.xattrs, NtfsXattr.EA, alone.list)) this.#converted.push(words);
    else if (alone) this.#failed(libc().errno(), 'what POSIX knows of it');
  }

  /** `again`: it is tried once more when the file has its own name. */
  #setObjectId(objectId: Uint8Array, again: boolean): void {
    const why = whyNoObjectId(objectId);
    if (why !== undefined) {
      if (!again) this.#cannot(`its object id ${why}`);
    } else if (!setXattr(this.file.xattrs, NtfsXattr.OBJECT_ID, objectId) && !again) {
      this.#failed(libc().errno(), 'its object id', OBJECT_ID_HINTS);
    }
  }

  #setShortName(shortName: string): void {
    const why = whyNoShortName(shortName);
    if (why !== undefined) this.#cannot(`its short name ${shortName} ${why}`);
    else this.#set(NtfsXattr.DOS_NAME, textToBytes(shortName), `its short name ${shortName}`, SHORT_NAME_HINTS);
  }

  #setReparsePoint(reparseData: Uint8Array): void {
    const why = whyNoReparsePoint(reparseData);
    if (why !== undefined) this.#cannot(`its reparse point ${why}`);
    else if (!this.#set(NtfsXattr.REPARSE_DATA, reparseData, 'its reparse point'))
      removeNtfsXattr(this.file.xattrs, NtfsXattr.REPARSE_DATA);
  }

  #setEncrypted(metadata: Uint8Array): void {
    if (setXattr(this.file.xattrs, NtfsXattr.EFS_INFO, metadata)) return;
    const hint = libc().errno() === EINVAL ? undefined : 'Mount the volume with -o efs_raw.';
    const what =
      this.entry.kind === 'directory'
        ? 'the keys for new files in it could not be set'
        : 'what was recovered is its ciphertext without its keys';
    this.#cannot(`is encrypted (EFS); ${what}`, hint);
  }

  #setAttributes(): void {
    const { attributes } = this.entry;
    const value = new Uint8Array(4);
    const interix = this.#isInterix ? A.SYSTEM : 0;
    new DataView(value.buffer).setUint32(0, (attributes & settableAttributes(this.#isFolder)) | interix, true);
    this.#set(NtfsXattr.ATTRIBUTES, value, 'its attributes');
  }

  #nameMissingAttributes(): void {
    const { attributes } = this.entry;
    const isFolder = this.#isFolder;
    if (missingAttributes(attributes, 0, isFolder) === 0) return;
    const missing = missingAttributes(attributes, new NtfsFacts(this.file.xattrs, this.file.path).attributes ?? 0, isFolder);
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
    const ticks = [creation, lastWrite, lastAccess].map(toFileTime);
    if (ticks.some((tick) => tick < 0n || tick >> 63n !== 0n)) this.#failed(ERANGE, 'its times');
    else this.#set(NtfsXattr.TIMES, new Uint8Array(BigUint64Array.from(ticks).buffer), 'its times');
  }

  get #isFolder(): boolean {
    return this.entry.kind === 'directory' || (this.entry.attributes & A.DIRECTORY) !== 0;
  }

  /** ntfs-3g makes special files in the way that it was told to when it was mounted: as WSL does, or as system files. */
  get #isInterix(): boolean {
    return isSpecial(this.entry) && !getNtfsXattr(this.file.xattrs, NtfsXattr.REPARSE_DATA, () => undefined);
  }
}

/** FIFOs, sockets and devices are made by the system; links and whatever else a reparse point makes of a file are made by setting it. */
export const isSpecial = ({ kind }: FileEntry): boolean =>
  kind === 'fifo' || kind === 'socket' || kind === 'character-device' || kind === 'block-device';

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
