import { encodeExtendedAttributes, encodePosixFacts, FileAttribute, toFileTime, type FileEntry, type FileProblem } from '@winback/core';
import type { FactCalls } from './fact-calls.js';
import { SecurityInformation } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import type { BasicInformation, FileCalls } from './file-calls.js';
import { factError, failureOf } from './problems.js';
import { errorNumber, Win32Error } from './win32-error.js';

/** Attributes that are set as they were; the others say how a file is stored. */
const SETTABLE =
  FileAttribute.READONLY |
  FileAttribute.HIDDEN |
  FileAttribute.SYSTEM |
  FileAttribute.ARCHIVE |
  FileAttribute.TEMPORARY |
  FileAttribute.NOT_CONTENT_INDEXED;
const SACL_PRESENT = 0x10;
const CONTROL = 2;

/** Sets facts of one recovered file, through its handle; what cannot be set is a problem each. */
export class FactApplier {
  readonly problems: FileProblem[] = [];

  constructor(
    private readonly files: FileCalls,
    private readonly facts: FactCalls,
    private readonly path: string,
  ) {}

  try(fact: string, action: () => void): boolean {
    const failure = failureOf(action);
    if (failure === undefined) return true;
    this.problems.push({ path: this.path, error: factError(failure, fact, this.path), effect: 'incomplete' });
    return false;
  }

  /** Everything that is neither content, reparse point, attributes nor times. */
  setFacts(handle: Handle, entry: FileEntry, withSacl: boolean): void {
    const { posix, extendedAttributes, objectId, securityDescriptor } = entry;
    if (posix ?? extendedAttributes?.length) {
      const list = posix ? encodePosixFacts(posix, extendedAttributes) : encodeExtendedAttributes(extendedAttributes ?? []);
      this.try('its extended attributes', () => this.facts.setExtendedAttributes(handle, list));
    }
    if (objectId) this.try('its object id', () => this.facts.setObjectId(handle, objectId));
    if (securityDescriptor) this.#setSecurity(handle, securityDescriptor, withSacl);
  }

  /** Times and attributes: last, because everything else changes them. */
  setBasics(handle: Handle, entry: FileEntry): void {
    this.try('its times and attributes', () => this.files.setBasicInformation(handle, basicsOf(entry)));
  }

  /** Each part that Windows does not take is named; the others stay. */
  #setSecurity(handle: Handle, descriptor: Uint8Array, withSacl: boolean): void {
    const { OWNER, GROUP, DACL, SACL } = SecurityInformation;
    const has = (offset: number): boolean => new DataView(descriptor.buffer, descriptor.byteOffset).getUint32(offset, true) !== 0;
    if (descriptor.length < DESCRIPTOR_SIZE) {
      this.try('its security descriptor', () => {
        throw new Win32Error('NtSetSecurityObject', errorNumber('ERROR_INVALID_SECURITY_DESCR'));
      });
      return;
    }
    const owner = (has(4) ? OWNER : 0) | (has(8) ? GROUP : 0);
    const sacl = descriptor[CONTROL]! & SACL_PRESENT ? SACL : 0;
    const set = (parts: number) => (): void => {
      if (parts !== 0) this.facts.setSecurityDescriptor(handle, descriptor, parts);
    };
    if (failureOf(set(owner | DACL | (withSacl ? sacl : 0))) !== undefined) {
      this.try('its owner and group', set(owner));
      this.try('its access control list', set(DACL));
      if (withSacl) this.try('what is audited (SACL)', set(sacl));
    }
    if (sacl !== 0 && !withSacl) {
      this.try('what is audited (SACL)', () => {
        throw new Win32Error('NtSetSecurityObject', errorNumber('ERROR_PRIVILEGE_NOT_HELD'));
      });
    }
  }
}

const DESCRIPTOR_SIZE = 20;

/** FILE_BASIC_INFO of an entry; times that are not known stay as they are. */
function basicsOf({ times, attributes }: FileEntry): Partial<BasicInformation> {
  const settable = attributes & SETTABLE;
  return {
    creationTime: fileTime(times.creation),
    lastAccessTime: fileTime(times.lastAccess),
    lastWriteTime: fileTime(times.lastWrite),
    changeTime: fileTime(times.change),
    fileAttributes: settable === 0 ? FileAttribute.NORMAL : settable,
  };
}

/** 0 leaves a time as it is. @throws Win32Error for what a FILETIME cannot hold: before 1601 */
function fileTime(time: bigint | undefined): bigint {
  if (time === undefined) return 0n;
  const ticks = toFileTime(time);
  if (ticks <= 0n || ticks >= 1n << 63n) throw new Win32Error('SetFileInformationByHandle', errorNumber('ERROR_INVALID_PARAMETER'));
  return ticks;
}
