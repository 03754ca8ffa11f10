import { Fsctl, SecurityInformation } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import type { FileCalls } from './file-calls.js';
import { wide } from './wide-text.js';
import { errorNumber, Win32Error } from './win32-error.js';

/** The largest reparse point, and the largest list of extended attributes. */
const MOST = 0x1_0000;
const STATUS_NO_EAS_ON_FILE = 0xc000_0052;
const STATUS_BUFFER_TOO_SMALL = 0xc000_0023;
/** FILE_OBJECTID_BUFFER: the id, and 48 bytes about where it was born. */
const OBJECT_ID_SIZE = 64;

/** Control flags of a security descriptor: what NTFS has to be asked for to keep that entries were inherited. */
const Control = {
  DACL_AUTO_INHERIT_REQ: 0x100,
  SACL_AUTO_INHERIT_REQ: 0x200,
  DACL_AUTO_INHERITED: 0x400,
  SACL_AUTO_INHERITED: 0x800,
  DACL_PROTECTED: 0x1000,
  SACL_PROTECTED: 0x2000,
} as const;

/** Reading and setting what a file has besides content, times and attributes. Every call throws a {@link Win32Error}. */
export class FactCalls {
  readonly #answer = new Uint8Array(MOST);
  readonly #returned = new Uint8Array(8);
  readonly #ioStatus = new Uint8Array(0x40);

  constructor(private readonly files: FileCalls) {}

  /** The self-relative security descriptor, with its SACL if asked for. */
  securityDescriptor(handle: Handle, withSacl: boolean): Uint8Array {
    const { OWNER, GROUP, DACL, SACL, LABEL, ATTRIBUTE, SCOPE } = SecurityInformation;
    const information = OWNER | GROUP | DACL | (withSacl ? SACL | LABEL | ATTRIBUTE | SCOPE : 0);
    let into = this.#answer;
    let status = this.files.api.NtQuerySecurityObject(handle, information, into, into.length, this.#returned);
    if (status === STATUS_BUFFER_TOO_SMALL) {
      into = new Uint8Array(this.#length());
      status = this.files.api.NtQuerySecurityObject(handle, information, into, into.length, this.#returned);
    }
    this.files.checkStatus('NtQuerySecurityObject', status);
    return into.slice(0, this.#length());
  }

  /** Sets parts of a security descriptor; `parts` are SecurityInformation flags. */
  setSecurityDescriptor(handle: Handle, descriptor: Uint8Array, parts: number): void {
    const copy = descriptor.slice();
    const view = new DataView(copy.buffer);
    let control = view.getUint16(2, true);
    if (control & Control.DACL_AUTO_INHERITED) control |= Control.DACL_AUTO_INHERIT_REQ;
    if (control & Control.SACL_AUTO_INHERITED) control |= Control.SACL_AUTO_INHERIT_REQ;
    view.setUint16(2, control, true);
    let information = parts;
    const { DACL, SACL, PROTECTED_DACL, UNPROTECTED_DACL, PROTECTED_SACL, UNPROTECTED_SACL } = SecurityInformation;
    if (parts & DACL) information |= control & Control.DACL_PROTECTED ? PROTECTED_DACL : UNPROTECTED_DACL;
    if (parts & SACL) information |= control & Control.SACL_PROTECTED ? PROTECTED_SACL : UNPROTECTED_SACL;
    this.files.checkStatus('NtSetSecurityObject', this.files.api.NtSetSecurityObject(handle, information >>> 0, copy));
  }

  /** The FILE_FULL_EA_INFORMATION list; undefined when it has none. */
  extendedAttributes(handle: Handle): Uint8Array | undefined {
    const status = this.files.api.NtQueryEaFile(handle, this.#ioStatus, this.#answer, MOST, 0, null, 0, null, 1);
    if (status === STATUS_NO_EAS_ON_FILE) return undefined;
    this.files.checkStatus('NtQueryEaFile', status);
    const length = new DataView(this.#ioStatus.buffer).getUint32(8, true);
    return length === 0 ? undefined : this.#answer.slice(0, length);
  }

  setExtendedAttributes(handle: Handle, list: Uint8Array): void {
    this.files.checkStatus('NtSetEaFile', this.files.api.NtSetEaFile(handle, this.#ioStatus, list, list.length));
  }

  /** The REPARSE_DATA_BUFFER. */
  reparseData(handle: Handle): Uint8Array {
    return this.#control(handle, Fsctl.GET_REPARSE_POINT, null, MOST);
  }

  setReparseData(handle: Handle, data: Uint8Array): void {
    this.#control(handle, Fsctl.SET_REPARSE_POINT, data);
  }

  /** FILE_OBJECTID_BUFFER, 64 bytes; undefined when it has none. */
  objectId(handle: Handle): Uint8Array | undefined {
    try {
      return this.#control(handle, Fsctl.GET_OBJECT_ID, null, OBJECT_ID_SIZE);
    } catch (error) {
      if (error instanceof Win32Error && error.number === errorNumber('ERROR_FILE_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  /** 16 or 64 bytes. */
  setObjectId(handle: Handle, id: Uint8Array): void {
    const whole = new Uint8Array(OBJECT_ID_SIZE);
    whole.set(id.subarray(0, OBJECT_ID_SIZE));
    this.#control(handle, Fsctl.SET_OBJECT_ID, whole);
  }

  compress(handle: Handle): void {
    this.#control(handle, Fsctl.SET_COMPRESSION, Uint8Array.of(1, 0)); // COMPRESSION_FORMAT_DEFAULT
  }

  setShortName(handle: Handle, name: string): void {
    const { SetFileShortNameW } = this.files.api;
    if (!SetFileShortNameW) throw new Win32Error('SetFileShortNameW', errorNumber('ERROR_PROC_NOT_FOUND'));
    this.files.check('SetFileShortNameW', SetFileShortNameW(handle, wide(name)));
  }

  #control(handle: Handle, code: number, from: Uint8Array | null, answerSize = 0): Uint8Array {
    const into = answerSize > 0 ? this.#answer : null;
    const done = this.files.api.DeviceIoControl(handle, code, from, from?.length ?? 0, into, answerSize, this.#returned, null);
    this.files.check('DeviceIoControl', done);
    return this.#answer.slice(0, answerSize > 0 ? this.#length() : 0);
  }

  #length(): number {
    return new DataView(this.#returned.buffer).getUint32(0, true);
  }
}
