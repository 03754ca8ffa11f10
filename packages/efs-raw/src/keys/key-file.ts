import { EfsError } from '@winback/core';

/** A file that should hold keys or certificates. */
export interface KeyFile {
  /** As the user knows it; for errors. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export const wrongPassword = (name: string, password: string | undefined): EfsError =>
  password === undefined
    ? new EfsError('EFS_PASSWORD', `${name}: is protected by a password, and none was given`, { path: name })
    : new EfsError('EFS_PASSWORD', `${name}: the password is wrong`, { path: name });
