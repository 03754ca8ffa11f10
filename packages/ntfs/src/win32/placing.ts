import { FileAttribute, type FileEntry, type FileKind } from '@winback/core';
import { Access, RenameFlag } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import type { FileCalls } from './file-calls.js';
import { failureOf, isGone, win32Of } from './problems.js';
import { errorNumber } from './win32-error.js';

/** Where a file is put, as the folder it goes to knows it. */
export interface Place {
  readonly folder: Handle;
  /** What it is called in the end. */
  readonly name: string;
  /** What it is called until then: a name of our own when it takes another file's place. */
  readonly writtenAs: string;
  readonly recoveredAs: string;
  /** Opens the earlier file of a hard link. */
  source(path: string): { readonly handle: Handle; readonly kind: FileKind };
  /** Goes into the folder that this is: makes it if it is missing. Its facts are set when it is left. */
  enter(entry: FileEntry): Handle;
}

const ACCESS_DENIED = errorNumber('ERROR_ACCESS_DENIED');
/** What systems before Windows 10 1809, other file systems and Wine answer to FileRenameInformationEx; the last for folders over folders. */
const NO_SUCH_CLASS = new Set(
  [
    'ERROR_INVALID_PARAMETER',
    'ERROR_NOT_SUPPORTED',
    'ERROR_INVALID_FUNCTION',
    'ERROR_INVALID_LEVEL',
    'ERROR_CALL_NOT_IMPLEMENTED',
    'ERROR_ALREADY_EXISTS',
  ].map(errorNumber),
);

/** Puts a file that was written under a name of our own in the place of another, and takes it away again. */
export class Placing {
  constructor(
    private readonly files: FileCalls,
    private readonly place: Place,
  ) {}

  /** Opens what was written for being renamed. */
  openMover(): Handle {
    return this.files.openIn(this.place.folder, this.place.writtenAs, { access: Access.DELETE | Access.READ_ATTRIBUTES });
  }

  /** Renames over what is there, be it read-only or open in another program, as far as this Windows can. */
  putInPlace(mover: Handle): void {
    const { folder, name } = this.place;
    const { REPLACE_IF_EXISTS, POSIX_SEMANTICS, IGNORE_READONLY_ATTRIBUTE } = RenameFlag;
    const failure = failureOf(() => {
      this.files.rename(mover, folder, name, REPLACE_IF_EXISTS | POSIX_SEMANTICS | IGNORE_READONLY_ATTRIBUTE);
    });
    if (failure === undefined) return;
    const { number } = win32Of(failure);
    if (number !== ACCESS_DENIED && !NO_SUCH_CLASS.has(number)) throw failure;
    this.#makeReplaceable(name);
    this.files.rename(mover, folder, name, REPLACE_IF_EXISTS);
  }

  /** Takes away what was written, if it is still there. */
  remove(): void {
    failureOf(() => {
      const handle = this.files.openIn(this.place.folder, this.place.writtenAs, { access: Access.DELETE });
      try {
        this.files.delete(handle);
      } finally {
        this.files.close(handle);
      }
    });
  }

  /** What stands in the place must be no folder, as directory links are, and not read-only. */
  #makeReplaceable(name: string): void {
    const access = Access.READ_ATTRIBUTES | Access.WRITE_ATTRIBUTES | Access.DELETE;
    const failure = failureOf(() => {
      const handle = this.files.openIn(this.place.folder, name, { access });
      try {
        const { attributes } = this.files.information(handle);
        if (attributes & FileAttribute.READONLY) this.files.setBasicInformation(handle, { fileAttributes: FileAttribute.NORMAL });
        if (attributes & FileAttribute.DIRECTORY && attributes & FileAttribute.REPARSE_POINT) this.files.delete(handle);
      } finally {
        this.files.close(handle);
      }
    });
    if (failure !== undefined && !isGone(win32Of(failure))) throw failure;
  }
}
