import { describeNodeError, nodeErrno, RecoveryError, type RawEncryption } from '@winback/core';
import { shown } from './problems.js';
import { RawSpool } from './raw-spool.js';
import { Win32Error } from './win32-error.js';

/** An encrypted file being recovered: Windows calls back for its raw form, so all of it has to be there first. */
export class EncryptedItem {
  readonly #spool = new RawSpool();

  constructor(
    private readonly encryption: RawEncryption,
    /** As it is shown. */
    private readonly path: string,
  ) {}

  /** @throws RECOVERY_IO */
  write(data: Uint8Array): void {
    this.#spooled(() => {
      this.#spool.write(data);
    });
  }

  /** Makes the file, in the place of what stands there. @throws Win32Error, RECOVERY_IO */
  makeAt(nativePath: string): void {
    this.#spooled(() => {
      const failure = this.encryption.write(nativePath, (into) => this.#spool.read(into));
      if (failure) throw new Win32Error(failure.call, failure.error);
    });
  }

  close(): void {
    this.#spool.close();
  }

  #spooled(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (nodeErrno(error) === undefined) throw error;
      const { path } = this;
      const message = `${shown(path)}: its encrypted form could not be kept in the folder for temporary files: ${describeNodeError(error)}`;
      const hint = 'Make room there, or name another folder with the variable TEMP.';
      throw new RecoveryError('RECOVERY_IO', message, { path }, { hint, cause: error });
    }
  }
}
