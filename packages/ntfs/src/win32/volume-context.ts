import type { RawEncryption } from '@winback/core';
import type { VolumeTools } from './capabilities.js';
import { FactCalls } from './fact-calls.js';
import { Access, CreateOption } from './ffi/constants.js';
import { FileCalls } from './file-calls.js';
import { enableBackupPrivileges, type EnabledPrivileges } from './privileges.js';

/** Few calls for small files, and room for whole pieces of large ones. */
const BUFFER = 256 * 1024;

/** What all files of a volume share while it is read. */
export class VolumeContext {
  readonly files: FileCalls;
  readonly facts: FactCalls;
  readonly privileges: EnabledPrivileges;
  /** The buffer that files are read through, while nobody has it. */
  #buffer: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(BUFFER);

  readonly encryption: RawEncryption | undefined;

  /** @param wideIds whether files have numbers of 128 bits, as on ReFS */
  constructor(
    { api, encryption }: VolumeTools,
    readonly wideIds: boolean,
  ) {
    this.encryption = encryption;
    this.files = new FileCalls(api);
    this.facts = new FactCalls(this.files);
    this.privileges = enableBackupPrivileges(api);
  }

  get withSacl(): boolean {
    return this.privileges.enabled.has('SeSecurityPrivilege');
  }

  /** Rights to read everything of a file: its data, unless it is encrypted, and all its facts. */
  readAccess(withData: boolean): number {
    const { READ_DATA, READ_EA, READ_ATTRIBUTES, READ_CONTROL, ACCESS_SYSTEM_SECURITY } = Access;
    return READ_EA | READ_ATTRIBUTES | READ_CONTROL | (withData ? READ_DATA : 0) | (this.withSacl ? ACCESS_SYSTEM_SECURITY : 0);
  }

  /** Content in the cloud or on tape stays there: it passes by, and takes no room on the volume. */
  readonly readOptions = CreateOption.SEQUENTIAL_ONLY | CreateOption.OPEN_NO_RECALL;

  takeBuffer(): Uint8Array<ArrayBuffer> {
    const buffer = this.#buffer ?? new Uint8Array(BUFFER);
    this.#buffer = undefined;
    return buffer;
  }

  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    this.#buffer = buffer;
  }
}
