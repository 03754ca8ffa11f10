import { token } from '../token.js';

/** A call of Windows that failed, and the Win32 error that it answered with (winerror.h). */
export interface RawEncryptionFailure {
  readonly call: string;
  readonly error: number;
}

/**
 * The raw encryption calls of Windows: an encrypted file as one sequence of bytes, for which nobody needs a key. It holds the file's
 * content and who may open it, and none of its other facts.
 */
export interface RawEncryption {
  /** Whether the calls are there. MUST NOT throw. */
  probe(): { readonly available: true } | { readonly available: false; readonly reason: string };
  /**
   * ReadEncryptedFileRaw: gives the raw form of a file, piece by piece. A piece is valid until `take` returns; what `take` throws ends the
   * call, and is thrown. Undefined: that was all.
   * @param path in the form `\\?\…`
   */
  read(path: string, take: (piece: Uint8Array) => void): RawEncryptionFailure | undefined;
  /**
   * WriteEncryptedFileRaw: makes a file of its raw form, in the place of what stands there. `give` fills a buffer and answers how many bytes
   * it gave, 0 at the end; what it throws ends the call, and is thrown. What was made of a call that failed is the caller's to remove.
   * Undefined: it is made.
   * @param path in the form `\\?\…`
   */
  write(path: string, give: (into: Uint8Array) => number): RawEncryptionFailure | undefined;
  /** The EFS metadata of a folder that encrypts what is put into it. @throws FORMAT_* when Windows gave none */
  readFolder(path: string): Uint8Array | RawEncryptionFailure;
  /** Makes a folder, which may be there, one that encrypts what is put into it. Undefined: it is. */
  writeFolder(path: string, metadata: Uint8Array): RawEncryptionFailure | undefined;
}
export const RAW_ENCRYPTION = token<RawEncryption>('@winback/core/RawEncryption');
