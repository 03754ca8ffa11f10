import type { RawEncryption, VolumeCapability } from '@winback/core';
import type { VolumeTools } from './capabilities.js';
import { FactCalls } from './fact-calls.js';
import { Access } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import { FileCalls } from './file-calls.js';
import { errorNumber, Win32Error } from './win32-error.js';
import { enableBackupPrivileges, type EnabledPrivileges } from './privileges.js';

/** What all files of a recovery share. */
export class RecoveryContext {
  readonly files: FileCalls;
  readonly facts: FactCalls;
  readonly privileges: EnabledPrivileges;
  capabilities: ReadonlySet<VolumeCapability> = new Set();

  /** For encrypted files, where the volume takes them. */
  readonly #encryption: RawEncryption | undefined;

  constructor({ api, encryption }: VolumeTools) {
    this.#encryption = encryption;
    this.files = new FileCalls(api);
    this.facts = new FactCalls(this.files);
    this.privileges = enableBackupPrivileges(api);
  }

  get encryption(): RawEncryption | undefined {
    return this.capabilities.has('raw-encrypted-files') ? this.#encryption : undefined;
  }

  get withSacl(): boolean {
    return this.privileges.enabled.has('SeSecurityPrivilege');
  }

  /** Rights to write the facts of a file that is encrypted: its data only its users may open. */
  get factAccess(): number {
    return this.writeAccess & ~(Access.READ_DATA | Access.WRITE_DATA | Access.APPEND_DATA);
  }

  /**
   * Rights to write everything of a file that is made; reading is what compressing it takes. Not DELETE: BackupWrite opens it anew for its
   * other streams, and would collide.
   */
  get writeAccess(): number {
    const data = Access.READ_DATA | Access.WRITE_DATA | Access.APPEND_DATA;
    const facts = Access.READ_EA | Access.WRITE_EA | Access.READ_ATTRIBUTES | Access.WRITE_ATTRIBUTES;
    const rights = data | facts | Access.READ_CONTROL | Access.WRITE_DAC | Access.WRITE_OWNER;
    return rights | (this.withSacl ? Access.ACCESS_SYSTEM_SECURITY : 0);
  }

  /** Opens a folder with all rights that setting its facts takes, or those that the account has: others' folders can be recovered into, too. */
  openFolder(open: (access: number) => Handle): Handle {
    const { READ_DATA, READ_ATTRIBUTES, WRITE_ATTRIBUTES, WRITE_EA } = Access;
    const list = READ_DATA | READ_ATTRIBUTES;
    let denied: Win32Error | undefined;
    for (const access of [this.writeAccess | list, list | WRITE_ATTRIBUTES | WRITE_EA, list]) {
      try {
        return open(access);
      } catch (error) {
        if (!(error instanceof Win32Error) || error.number !== errorNumber('ERROR_ACCESS_DENIED')) throw error;
        denied = error;
      }
    }
    throw denied!;
  }
}
