import { PlatformError, systemPlatform, type Platform } from '@winback/core/base';
import type { OpenTapeOptions, TapeDrive, TapeDriver } from '../api/index.js';
import { bindStCalls, type StCalls } from './ffi/st-calls.js';
import { LinuxTapeDrive } from './linux-tape-drive.js';
import { OpenSt } from './open-st.js';
import { whyNotHere } from './why-not-here.js';

const ADDRESS = /^\/dev\/(?:n?st\d+[alm]?|tape\/by-(?:id|path)\/[^/]+)$/;

/** Made by name in a drive's thread. @public */
export const linuxTapeDriver = (): LinuxTapeDriver => new LinuxTapeDriver(systemPlatform());

/**
 * Tape drives of Linux, through st. A device that rewinds when it is closed (`/dev/st0`) stands for the one of the same drive that does not
 * (`/dev/nst0`).
 */
export class LinuxTapeDriver implements TapeDriver {
  readonly name = 'st';
  readonly description = 'Tape drives of Linux: /dev/nst0, /dev/tape/by-id/…';
  readonly inThread = { module: import.meta.url, make: linuxTapeDriver.name };
  #calls: StCalls | undefined;

  constructor(
    private readonly platform: Platform,
    /** Binds the calls of the system. */
    private readonly bind: () => StCalls = bindStCalls,
  ) {}

  claims(address: string): boolean {
    return ADDRESS.test(address);
  }

  probe(): { readonly available: true } | { readonly available: false; readonly reason: string } {
    const reason = whyNotHere(this.platform);
    if (reason !== undefined) return { available: false, reason };
    try {
      this.#calls ??= this.bind();
      return { available: true };
    } catch (error) {
      return { available: false, reason: `Linux' calls cannot be bound: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  /** The drive is opened for this process alone, with a cartridge or without. `create` means nothing here. */
  open(address: string, { mode }: OpenTapeOptions): TapeDrive {
    const probe = this.probe();
    if (!this.#calls || !probe.available) throw new PlatformError(`tape drives of Linux: ${probe.available ? '' : probe.reason}`);
    const path = this.#calls.realPath(address).replace(/^\/dev\/st(?=\d)/, '/dev/nst');
    return new LinuxTapeDrive(address, new OpenSt(address, path, this.#calls, mode), mode);
  }
}
