import type { FileTimes } from './file-times.js';

export type FileKind =
  | 'directory'
  | 'file'
  | 'symbolic-link'
  | 'fifo'
  | 'socket'
  | 'character-device'
  | 'block-device'
  /** A reparse point of a tag that is none of the above. */
  | 'reparse-point';

export interface ExtendedAttribute {
  readonly name: string;
  /** 0x80 = FILE_NEED_EA. */
  readonly flags: number;
  readonly value: Uint8Array;
}

export interface PosixFacts {
  readonly userId: number;
  readonly groupId: number;
  /** st_mode: type and permission bits. */
  readonly mode: number;
  /** Devices only. */
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
  /** POSIX extended attributes by full name, for example `user.comment`. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined;
}

/**
 * Everything known about a file but its content. Facts that a system does not have are absent, never invented.
 */
export interface FileEntry {
  /**
   * From the volume's root, parts joined by `/`, no leading one; '' is the root itself. UTF-16 as Windows has it; bytes of a
   * POSIX name that are no UTF-8 are mapped as text/file-name.ts says.
   */
  readonly path: string;
  readonly kind: FileKind;
  /** {@link FileAttribute} flags. */
  readonly attributes: number;
  /** Bytes of the unnamed data stream. */
  readonly size: number;
  readonly times: FileTimes;
  /** Inode or file reference number; unique on the volume while the walk lasts. */
  readonly fileId?: bigint | undefined;
  readonly linkCount: number;
  /** A hard link whose content was given under this path earlier in the set. Its streams are a single LINK. */
  readonly linkTo?: string | undefined;
  /**
   * A folder that is there only because something below it was asked for. Recovery makes it when it is missing, and sets no facts.
   */
  readonly implied?: boolean | undefined;
  readonly shortName?: string | undefined;
  /** 16 or 64 bytes. */
  readonly objectId?: Uint8Array | undefined;
  /** Self-relative SECURITY_DESCRIPTOR. */
  readonly securityDescriptor?: Uint8Array | undefined;
  /** Extended attributes other than those that carry POSIX facts. */
  readonly extendedAttributes?: readonly ExtendedAttribute[] | undefined;
  /** Whole REPARSE_DATA_BUFFER, with its 8-byte header. */
  readonly reparseData?: Uint8Array | undefined;
  /**
   * The `$EFS` attribute of an encrypted file. Its data streams are then ciphertext: whole sectors of 512 bytes, then the number of
   * bytes that fill the last one, as 16 bits; an empty stream stays empty.
   */
  readonly efsMetadata?: Uint8Array | undefined;
  /** Symbolic links: what they point to, in the form of `path`'s text. */
  readonly linkTarget?: string | undefined;
  readonly posix?: PosixFacts | undefined;
}

/** The last part of a path. */
export const leafOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
/** All but the last part of a path; '' for a file in the root. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
export const joinPath = (parent: string, leaf: string): string => (parent === '' ? leaf : leaf === '' ? parent : `${parent}/${leaf}`);
