import { tapeError, TapeStatus } from '../api/index.js';
import type { ScsiResult, ScsiTransport } from '../scsi/transport.js';
import { nameOfErrno } from './errno.js';
import type { StCalls } from './ffi/st-calls.js';

/** SCSI commands to the drive behind a descriptor of st (SG_IO), which Linux lets processes with CAP_SYS_RAWIO send. */
export class SgTransport implements ScsiTransport {
  readonly #result: ScsiResult = { status: 0, sense: new Uint8Array(0), residual: 0 };

  constructor(
    readonly name: string,
    private readonly calls: StCalls,
    private readonly descriptor: () => number,
  ) {}

  /** @throws TAPE_ACCESS_DENIED where SG_IO is not allowed, TAPE_IO, TAPE_BUS_RESET */
  command(cdb: Uint8Array, direction: 'none' | 'read' | 'write', buffer: Uint8Array, timeout: number): ScsiResult {
    const answer = this.calls.sgIo(this.descriptor(), cdb, direction, buffer, timeout * 1000);
    if (answer.errno !== 0) {
      throw tapeError(TapeStatus.ERROR_ACCESS_DENIED, this.name, 'SG_IO', { errno: nameOfErrno(answer.errno) });
    }
    if (answer.hostStatus !== 0) throw tapeError(TapeStatus.ERROR_BUS_RESET, this.name, 'SG_IO', { hostStatus: answer.hostStatus });
    return Object.assign(this.#result, { status: answer.status, sense: answer.sense, residual: answer.residual });
  }

  /** The descriptor is its owner's. */
  close(): void {
    // nothing of its own
  }
}
