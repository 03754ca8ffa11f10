import { constants } from 'node:os';
import { bytesToText, fromFileTime, leafOf, SourceError, type FileProblem, type FileTimes } from '@winback/core';
import { shown, sourceError, type XattrHolder } from '@winback/core/linux';
import { getNtfsXattr, NtfsXattr } from './ntfs-xattrs.js';

const { EMLINK, EPERM } = constants.errno;

/** Tells whether a mount is one of ntfs-3g: only that knows this attribute. */
export const isNtfs3g = (root: XattrHolder): boolean => getNtfsXattr(root, NtfsXattr.ATTRIBUTES, () => undefined)?.length === 4;

/** Reads what ntfs-3g tells of one file; what it cannot tell becomes a problem of the file. */
export class NtfsFacts {
  readonly problems: FileProblem[] = [];
  constructor(
    private readonly holder: XattrHolder,
    private readonly path: string,
  ) {}

  get attributes(): number | undefined {
    const value = this.#get(NtfsXattr.ATTRIBUTES, 'its attributes');
    return value?.length === 4 ? new DataView(value.buffer, value.byteOffset).getUint32(0, true) : undefined;
  }

  get times(): FileTimes | undefined {
    const value = this.#get(NtfsXattr.TIMES, 'its times');
    if (value?.length !== 32) return undefined;
    const view = new DataView(value.buffer, value.byteOffset);
    const time = (index: number): bigint => fromFileTime(view.getBigUint64(index * 8, true));
    return { creation: time(0), lastWrite: time(1), lastAccess: time(2), change: time(3) };
  }

  get securityDescriptor(): Uint8Array | undefined {
    return this.#get(NtfsXattr.ACL, 'its security descriptor');
  }

  get objectId(): Uint8Array | undefined {
    return this.#get(NtfsXattr.OBJECT_ID, 'its object id');
  }

  get extendedAttributes(): Uint8Array | undefined {
    return this.#get(NtfsXattr.EA, 'its extended attributes');
  }

  get reparseData(): Uint8Array | undefined {
    return this.#get(NtfsXattr.REPARSE_DATA, 'its reparse point');
  }

  get efsMetadata(): Uint8Array | undefined {
    return getNtfsXattr(this.holder, NtfsXattr.EFS_INFO, (errno) => {
      if (errno !== EPERM) this.#failed(errno, 'its EFS metadata');
      else this.missing('is encrypted (EFS), and its keys cannot be read through this mount', 'Mount the volume with -o efs_raw.');
    });
  }

  get shortName(): string | undefined {
    if (this.path === '') return undefined; // the root has none, and ntfs-3g takes asking for an offence
    const value = getNtfsXattr(this.holder, NtfsXattr.DOS_NAME, (errno) => {
      if (errno !== EMLINK) this.#failed(errno, 'its short name');
      else this.note('ntfs-3g does not tell the short name of a file with several hard links; it is not kept');
    });
    const text = value && bytesToText(value);
    // Of a name that is a short one itself ntfs-3g tells the same in upper case.
    return text === leafOf(this.path).toUpperCase() ? undefined : text;
  }

  note(message: string): void {
    const error = new SourceError('SOURCE_UNSUPPORTED', `${shown(this.path)}: ${message}`, { path: this.path });
    this.problems.push({ path: this.path, error, effect: 'note' });
  }

  missing(message: string, hint?: string): void {
    const error = new SourceError(
      'SOURCE_UNSUPPORTED',
      `${shown(this.path)}: ${message}`,
      { path: this.path },
      hint === undefined ? {} : { hint },
    );
    this.problems.push({ path: this.path, error, effect: 'incomplete' });
  }

  #get(name: string, fact: string): Uint8Array | undefined {
    return getNtfsXattr(this.holder, name, (errno) => {
      this.#failed(errno, fact);
    });
  }

  #failed(errno: number, fact: string): void {
    this.problems.push({ path: this.path, error: sourceError(errno, `reading ${fact}`, this.path), effect: 'incomplete' });
  }
}
