import type { MaybePromise } from '@winback/core';
import type { ReadBytes } from '../flow/byte-feed.js';

/** Flags of OpenEncryptedFileRaw. Without any the file is opened for export. */
export const RawFlag = {
  /** CREATE_FOR_IMPORT: a file is to be made of its raw form. */
  CREATE_FOR_IMPORT: 1,
  /** CREATE_FOR_DIR: with CREATE_FOR_IMPORT, what is made is a folder. */
  CREATE_FOR_DIR: 2,
  /** OVERWRITE_HIDDEN: a hidden file may be replaced. */
  OVERWRITE_HIDDEN: 4,
  /** EFS_DROP_ALTERNATE_STREAMS: only the unnamed stream is exported. */
  EFS_DROP_ALTERNATE_STREAMS: 0x10,
} as const;

/** A place with encrypted files. */
export interface RawFileBackend {
  /** @throws SOURCE_*, EFS_UNSUPPORTED when the file is not encrypted or cannot be put there, EFS_IO */
  open(path: string, flags: number): MaybePromise<RawFile>;
}

/** An encrypted file open for its raw form: the context that Windows' calls pass on. */
export interface RawFile {
  /** Its raw form, piece by piece; undefined at the end. Of files open for export. A piece is valid until the next call. */
  next?(): MaybePromise<Uint8Array | undefined>;
  /** The same, given to a callback that must answer at once. Where a system gives it so. */
  exportTo?(callback: (data: Uint8Array) => void): void;
  /** Makes the file of a raw form: whole, or not at all. Of files open for import. @throws EFS_DAMAGED, FORMAT_*, EFS_IO, RECOVERY_* */
  import?(read: ReadBytes): MaybePromise<void>;
  close(): void;
}
