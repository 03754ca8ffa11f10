import { addressOf } from './ffi/load.js';
import { CreateOption, Disposition, FileFlag, FileInfoClass, FileInformationClass, OPEN_EXISTING, SHARE_ALL } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import type { Win32 } from './ffi/win32.js';
import { ByHandleFileInformation, FileAttributeTagInfo, FileBasicInfo, FileIdInfo } from './layouts/file-information.layout.js';
import { FileNameInformation, ObjectAttributes, UnicodeString } from './layouts/nt.layout.js';
import { narrow, wide } from './wide-text.js';
import { errorNumber, Win32Error } from './win32-error.js';

/** Bytes: a UNICODE_STRING holds no more. */
const NAME_LIMIT = 0xfffe;
const NT_ERROR = 0x8000_0000;
const INVALID_HANDLE: Handle = -1;

// Where in the scratch memory what NtCreateFile is given stands.
const AT_NAME_HEAD = ObjectAttributes.size;
const AT_IO_STATUS = AT_NAME_HEAD + UnicodeString.size;
const AT_HANDLE = AT_IO_STATUS + 0x10;
const AT_NAME = AT_HANDLE + 0x10;

export interface OpenOptions {
  /** {@link Access} rights; SYNCHRONIZE is added. */
  readonly access: number;
  readonly disposition?: number;
  /** {@link CreateOption} flags beside those that every file is opened with. */
  readonly options?: number;
  readonly share?: number;
  /** Of a file that is made. */
  readonly attributes?: number;
}

/** What an open file says of itself. Times are FILETIMEs. */
export interface FileInformation {
  readonly attributes: number;
  readonly size: number;
  readonly linkCount: number;
  readonly index: bigint;
}
export type BasicInformation = ReturnType<typeof FileBasicInfo.decode>;

/** Opening, asking and naming files. Every call throws a {@link Win32Error} when Windows answers with an error. */
export class FileCalls {
  readonly #scratch = new Uint8Array(AT_NAME + NAME_LIMIT);
  readonly #view = new DataView(this.#scratch.buffer);
  readonly #address = addressOf(this.#scratch);
  readonly #answer = new Uint8Array(0x1000);

  constructor(readonly api: Win32) {}

  /** Opens a path: `\\?\C:\…`. `follow`: what a link in its last part leads to, instead of the link. */
  openPath(path: string, access: number, follow = false): Handle {
    const flags = FileFlag.BACKUP_SEMANTICS | (follow ? 0 : FileFlag.OPEN_REPARSE_POINT);
    const handle = this.api.CreateFileW(wide(path), access, SHARE_ALL, null, OPEN_EXISTING, flags, 0);
    if (handle === INVALID_HANDLE) throw this.lastError('CreateFileW');
    return handle;
  }

  /**
   * Opens or makes a name in an open folder; '' opens the folder itself anew. No path is resolved, so that no link on it can be followed
   * and none is too long; a link of that name is opened itself.
   */
  openIn(
    folder: Handle,
    name: string,
    { access, disposition = Disposition.OPEN, options = 0, share = SHARE_ALL, attributes = 0 }: OpenOptions,
  ): Handle {
    const bytes = Buffer.from(name, 'utf16le');
    if (bytes.length > NAME_LIMIT) throw new Win32Error('NtCreateFile', errorNumber('ERROR_FILENAME_EXCED_RANGE'));
    const scratch = this.#scratch;
    scratch.set(bytes, AT_NAME);
    UnicodeString.encodeInto(
      scratch,
      AT_NAME_HEAD,
      UnicodeString.create({ length: bytes.length, maximumLength: bytes.length, buffer: this.#address + BigInt(AT_NAME) }),
    );
    ObjectAttributes.encodeInto(
      scratch,
      0,
      ObjectAttributes.create({
        length: ObjectAttributes.size,
        rootDirectory: BigInt(folder),
        objectName: this.#address + BigInt(AT_NAME_HEAD),
        attributes: CASE_INSENSITIVE,
      }),
    );
    const status = this.api.NtCreateFile(
      scratch.subarray(AT_HANDLE),
      (access | SYNCHRONIZE) >>> 0,
      scratch,
      scratch.subarray(AT_IO_STATUS),
      null,
      attributes,
      share,
      disposition,
      options | CreateOption.SYNCHRONOUS_IO_NONALERT | CreateOption.OPEN_FOR_BACKUP_INTENT | CreateOption.OPEN_REPARSE_POINT,
      null,
      0,
    );
    this.checkStatus('NtCreateFile', status);
    return Number(this.#view.getBigInt64(AT_HANDLE, true));
  }

  close(handle: Handle): void {
    this.api.CloseHandle(handle);
  }

  information(handle: Handle): FileInformation {
    const { api } = this;
    this.check('GetFileInformationByHandle', api.GetFileInformationByHandle(handle, this.#answer));
    const found = ByHandleFileInformation.decode(this.#answer);
    return {
      attributes: found.fileAttributes,
      size: found.fileSizeHigh * 0x1_0000_0000 + found.fileSizeLow,
      linkCount: found.numberOfLinks,
      index: (BigInt(found.fileIndexHigh) << 32n) | BigInt(found.fileIndexLow),
    };
  }

  basicInformation(handle: Handle): BasicInformation {
    this.#ask(handle, FileInfoClass.BASIC, FileBasicInfo.size);
    return FileBasicInfo.decode(this.#answer);
  }

  /** Times and attributes; 0 leaves one as it is. */
  setBasicInformation(handle: Handle, value: Partial<BasicInformation>): void {
    this.#set(handle, FileInfoClass.BASIC, FileBasicInfo.encode(FileBasicInfo.create(value)));
  }

  attributeTag(handle: Handle): { readonly fileAttributes: number; readonly reparseTag: number } {
    this.#ask(handle, FileInfoClass.ATTRIBUTE_TAG, FileAttributeTagInfo.size);
    return FileAttributeTagInfo.decode(this.#answer);
  }

  /** The number of a file on file systems that have 128 bits for it. */
  wideId(handle: Handle): bigint {
    this.#ask(handle, FileInfoClass.ID, FileIdInfo.size);
    const { fileId } = FileIdInfo.decode(this.#answer);
    const view = new DataView(fileId.buffer, fileId.byteOffset);
    return (view.getBigUint64(8, true) << 64n) | view.getBigUint64(0, true);
  }

  /** The short name; undefined when it has none, or none is known. */
  shortName(handle: Handle): string | undefined {
    const size = 0x400;
    const status = this.api.NtQueryInformationFile(handle, this.#ioStatus, this.#answer, size, FileInformationClass.ALTERNATE_NAME);
    if (status >= NT_ERROR) return undefined;
    const length = new DataView(this.#answer.buffer).getUint32(0, true);
    return length === 0 || length > size - 4 ? undefined : narrow(this.#answer, 4, length);
  }

  /** Gives an open file a name in a folder; RenameFlag says what becomes of a file that has it. */
  rename(handle: Handle, folder: Handle, name: string, flags: number): void {
    const infoClass = flags > 1 ? FileInformationClass.RENAME_EX : FileInformationClass.RENAME;
    this.#setName(handle, folder, name, flags, infoClass);
  }

  /** Makes a hard link of an open file. */
  link(handle: Handle, folder: Handle, name: string): void {
    this.#setName(handle, folder, name, 0, FileInformationClass.LINK);
  }

  /** Deletes an open file or empty folder; it is gone when the last handle is closed. */
  delete(handle: Handle): void {
    this.#set(handle, FileInfoClass.DISPOSITION, Uint8Array.of(1));
  }

  setSize(handle: Handle, size: number): void {
    const value = new Uint8Array(8);
    new DataView(value.buffer).setBigUint64(0, BigInt(size), true);
    this.#set(handle, FileInfoClass.END_OF_FILE, value);
  }

  /** Puts the next entries of a folder into `into`; false when there are no more. */
  list(handle: Handle, into: Uint8Array, first: boolean): boolean {
    const infoClass = first ? FileInfoClass.ID_BOTH_DIRECTORY_RESTART : FileInfoClass.ID_BOTH_DIRECTORY;
    if (this.api.GetFileInformationByHandleEx(handle, infoClass, into, into.length)) return true;
    const error = this.lastError('GetFileInformationByHandleEx');
    if (error.number === NO_MORE_FILES || (first && error.number === FILE_NOT_FOUND)) return false;
    throw error;
  }

  /** Asked right after the call that failed. */
  lastError(call: string): Win32Error {
    return new Win32Error(call, this.api.GetLastError());
  }

  check(call: string, result: number): void {
    if (result === 0) throw this.lastError(call);
  }

  checkStatus(call: string, status: number): void {
    if (status >= NT_ERROR) throw new Win32Error(call, this.api.RtlNtStatusToDosError(status));
  }

  get #ioStatus(): Uint8Array {
    return this.#scratch.subarray(AT_IO_STATUS, AT_HANDLE);
  }

  #ask(handle: Handle, infoClass: number, size: number): void {
    this.check('GetFileInformationByHandleEx', this.api.GetFileInformationByHandleEx(handle, infoClass, this.#answer, size));
  }

  #set(handle: Handle, infoClass: number, value: Uint8Array): void {
    this.check('SetFileInformationByHandle', this.api.SetFileInformationByHandle(handle, infoClass, value, value.length));
  }

  #setName(handle: Handle, folder: Handle, name: string, flags: number, infoClass: number): void {
    const text = Buffer.from(name, 'utf16le');
    const value = new Uint8Array(Math.max(FileNameInformation.size + text.length, SIZE_IN_C));
    FileNameInformation.encodeInto(
      value,
      0,
      FileNameInformation.create({ flags, rootDirectory: BigInt(folder), fileNameLength: text.length }),
    );
    value.set(text, FileNameInformation.size);
    this.checkStatus('NtSetInformationFile', this.api.NtSetInformationFile(handle, this.#ioStatus, value, value.length, infoClass));
  }
}

/** OBJ_CASE_INSENSITIVE, as every program of Windows has it. */
const CASE_INSENSITIVE = 0x40;
const SYNCHRONIZE = 0x100000;
/** sizeof(FILE_RENAME_INFORMATION): with room for one character, rounded up. */
const SIZE_IN_C = 0x18;
const NO_MORE_FILES = errorNumber('ERROR_NO_MORE_FILES');
const FILE_NOT_FOUND = errorNumber('ERROR_FILE_NOT_FOUND');
