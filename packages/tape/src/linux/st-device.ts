import { tapeError } from '../api/index.js';
import { Errno, nameOfErrno, openStatus } from './errno.js';
import type { StCalls } from './ffi/st-calls.js';
import { Mtget, Mtop, Mtpos } from './mtio.layout.js';
import { Gmt, Mtio } from './mtio.js';

/** What MTIOCGET tells. */
export interface StState {
  /** Bits of {@link Gmt}. */
  readonly flags: number;
  /** From 0. */
  readonly partition: number;
  /** 0: variable. */
  readonly blockSize: number;
}

const PADDING = new Uint8Array(2);
const NOTHING: StState = { flags: 0, partition: 0, blockSize: 0 };

/** A tape device that is open: the requests of st as calls, which answer 0 or the error's number. */
export class StDevice {
  #fd: number;
  /** Whether it is open for writing: not when only reading was asked for, or the cartridge is write-protected. */
  #writable = false;
  readonly #mtop = new Uint8Array(Mtop.size);
  readonly #mtget = new Uint8Array(Mtget.size);
  readonly #mtpos = new Uint8Array(Mtpos.size);

  /** @throws TAPE_NOT_FOUND, TAPE_LOCKED, TAPE_ACCESS_DENIED, TAPE_NOT_READY */
  constructor(
    readonly name: string,
    private readonly path: string,
    private readonly calls: StCalls,
    private readonly wanted: 'read' | 'write',
  ) {
    this.#fd = this.#open();
  }

  get fd(): number {
    return this.#fd;
  }

  get writable(): boolean {
    return this.#writable;
  }

  close(): void {
    if (this.#fd < 0) return;
    this.calls.close(this.#fd);
    this.#fd = -1;
  }

  /** Opens anew, which is how st looks again for a cartridge. Only for a drive without one: closing may write a filemark. */
  reopen(): void {
    this.close();
    this.#fd = this.#open();
  }

  /** MTIOCTOP. */
  operate(operation: number, count: number): number {
    Mtop.encodeInto(this.#mtop, 0, { operation, reserved02: PADDING, count });
    return this.calls.ioctl(this.#fd, Mtio.TOP, this.#mtop);
  }

  /** MTIOCGET. Nothing at all is known when that fails. */
  state(): StState {
    if (this.calls.ioctl(this.#fd, Mtio.GET, this.#mtget) !== 0) return NOTHING;
    const { status, partition, blockSize } = Mtget.decode(this.#mtget);
    return {
      flags: Number(status & 0xffff_ffffn),
      partition: Number(partition & 0xffffn),
      blockSize: Number(blockSize & 0xff_ffffn),
    };
  }

  /** Whether `flag` of mt_gstat is on. */
  is(flag: (typeof Gmt)[keyof typeof Gmt]): boolean {
    return (this.state().flags & flag) !== 0;
  }

  /** MTIOCPOS: undefined where the drive does not tell. */
  position(): number | undefined {
    if (this.calls.ioctl(this.#fd, Mtio.POS, this.#mtpos) !== 0) return undefined;
    return Number(Mtpos.decode(this.#mtpos).block);
  }

  /** Bytes, or the error's number below 0. */
  read(into: Uint8Array): number {
    return this.calls.read(this.#fd, into);
  }

  write(from: Uint8Array): number {
    return this.calls.write(this.#fd, from);
  }

  /** st opens a write-protected cartridge only for reading; Windows opens any, and refuses to write. */
  #open(): number {
    const writable = this.calls.open(this.path, this.wanted === 'write');
    const readOnly = this.wanted === 'write' && (writable === -Errno.EROFS || writable === -Errno.EACCES);
    const fd = readOnly ? this.calls.open(this.path, false) : writable;
    this.#writable = this.wanted === 'write' && !readOnly;
    if (fd >= 0 && writable === -Errno.EACCES && (this.#peek(fd) & Gmt.WR_PROT) === 0) {
      this.calls.close(fd);
      throw this.#cannotOpen(Errno.EACCES);
    }
    if (fd < 0) throw this.#cannotOpen(-fd);
    return fd;
  }

  #peek(fd: number): number {
    return this.calls.ioctl(fd, Mtio.GET, this.#mtget) === 0 ? Number(Mtget.decode(this.#mtget).status & 0xffff_ffffn) : 0;
  }

  #cannotOpen(errno: number) {
    return tapeError(openStatus(errno), this.name, 'opening', { errno: nameOfErrno(errno) });
  }
}
