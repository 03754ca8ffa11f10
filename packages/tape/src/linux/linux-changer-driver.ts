import { PlatformError, type Platform } from '@winback/core';
import { tapeError, type TapeChanger, type TapeChangerDriver } from '../api/index.js';
import { ScsiChanger } from '../scsi/scsi-changer.js';
import { nameOfErrno, openStatus } from './errno.js';
import { bindStCalls, type StCalls } from './ffi/st-calls.js';
import { SgTransport } from './sg-transport.js';
import { whyNotHere } from './why-not-here.js';

const ADDRESS = /^\/dev\/(?:sg\d+|tape\/by-(?:id|path)\/[^/]+)$/;

/** A changer's own descriptor, which is closed with it. */
class SgDevice extends SgTransport {
  constructor(
    name: string,
    private readonly system: StCalls,
    private readonly fd: number,
  ) {
    super(name, system, () => fd);
  }

  override close(): void {
    this.system.close(this.fd);
  }
}

/** Changers of Linux, through its generic SCSI devices: `/dev/sg3`, or the links to them below `/dev/tape/by-id`. Needs root (SG_IO). */
export class LinuxChangerDriver implements TapeChangerDriver {
  readonly name = 'sg';

  constructor(
    private readonly platform: Platform,
    /** Binds the calls of the system. */
    private readonly bind: () => StCalls = bindStCalls,
  ) {}

  claims(address: string): boolean {
    return ADDRESS.test(address);
  }

  /** @throws TAPE_NOT_FOUND (also when it is no changer), TAPE_ACCESS_DENIED, PLATFORM_UNSUPPORTED */
  open(address: string): TapeChanger {
    const reason = whyNotHere(this.platform);
    if (reason !== undefined) throw new PlatformError(`changers of Linux: ${reason}`);
    const calls = this.bind();
    const fd = calls.open(address, true);
    if (fd < 0) throw tapeError(openStatus(-fd), address, 'opening', { errno: nameOfErrno(-fd) });
    return ScsiChanger.open(new SgDevice(address, calls, fd));
  }
}
