import { PlatformError, systemPlatform, type Platform } from '@winback/core/base';
import type { OpenTapeOptions, TapeDrive, TapeDriver } from '../api/index.js';
import { bindTapeCalls, type TapeCalls } from './ffi/tape-functions.js';
import { WindowsTapeDrive } from './windows-tape-drive.js';
import { windowsTapeError } from './windows-tape-error.js';

const ARCHITECTURES = new Set(['x64', 'arm64']);
/** `\\.\TAPE0`, and the same without what says that it is a device. */
const ADDRESS = /^(?:[\\/]{2}[.?][\\/])?tape(\d{1,9})$/i;

/** GENERIC_READ and GENERIC_WRITE: settings need both, also when nothing is to be written. */
const ACCESS = 0xc000_0000;
const OPEN_EXISTING = 3;
const INVALID_HANDLE = -1;

/** Made by name in a drive's thread. @public */
export const windowsTapeDriver = (): WindowsTapeDriver => new WindowsTapeDriver(systemPlatform());

/** Drives that Windows has a driver for, through its tape backup functions. */
export class WindowsTapeDriver implements TapeDriver {
  readonly name = 'windows';
  readonly description = String.raw`Tape drives of Windows: \\.\TAPE0, \\.\TAPE1`;
  readonly inThread = { module: import.meta.url, make: windowsTapeDriver.name };
  #calls: TapeCalls | undefined;

  constructor(
    private readonly platform: Platform,
    /** Binds the functions of Windows. */
    private readonly bind: () => TapeCalls = bindTapeCalls,
  ) {}

  claims(address: string): boolean {
    return ADDRESS.test(address);
  }

  probe(): { readonly available: true } | { readonly available: false; readonly reason: string } {
    const { os, arch } = this.platform;
    if (os !== 'win32') return { available: false, reason: 'needs Windows' };
    if (!ARCHITECTURES.has(arch)) return { available: false, reason: `needs a Node.js of 64 bits, this is ${arch}` };
    try {
      this.#calls ??= this.bind();
      return { available: true };
    } catch (error) {
      return { available: false, reason: `Windows' functions cannot be bound: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  /** The drive is opened for this process alone. `create` means nothing here. */
  open(address: string, { mode }: OpenTapeOptions): TapeDrive {
    const number = ADDRESS.exec(address)?.[1];
    if (number === undefined) throw new TypeError(`${address} is no tape drive of Windows`);
    const calls = this.#require();
    const name = String.raw`\\.\TAPE${Number(number)}`;
    const handle = calls.CreateFileW(Buffer.from(`${name}\0`, 'utf16le'), ACCESS, 0, null, OPEN_EXISTING, 0, 0);
    if (handle === INVALID_HANDLE) throw windowsTapeError(name, 'CreateFileW', calls.GetLastError());
    return new WindowsTapeDrive(name, calls, handle, mode);
  }

  #require(): TapeCalls {
    const probe = this.probe();
    if (!this.#calls || !probe.available) throw new PlatformError(`tape drives of Windows: ${probe.available ? '' : probe.reason}`);
    return this.#calls;
  }
}
