import { isWinbackError } from '@winback/core/base';
import { cdb } from '../scsi/cdb.js';
import { readPartitions } from '../scsi/partitions.js';
import { ScsiDevice } from '../scsi/scsi-device.js';
import type { StCalls } from './ffi/st-calls.js';
import { SgTransport } from './sg-transport.js';
import { StDevice } from './st-device.js';
import { StOptions } from './st-options.js';
import { StProblems } from './st-problems.js';

/** A drive of st that is open, with all ways to ask it. */
export class OpenSt {
  readonly device: StDevice;
  readonly options: StOptions;
  readonly problems: StProblems;
  /** Undefined where SG_IO is not allowed. */
  readonly scsi: ScsiDevice | undefined;
  #attention: () => void = () => undefined;

  /** @param path of the device that does not rewind. @throws TAPE_NOT_FOUND, TAPE_LOCKED, TAPE_ACCESS_DENIED, TAPE_NOT_READY */
  constructor(name: string, path: string, calls: StCalls, mode: 'read' | 'write') {
    const node = path.slice(path.lastIndexOf('/') + 1);
    this.device = new StDevice(name, path, calls, mode);
    try {
      const transport = new SgTransport(name, calls, () => this.device.fd);
      const scsi = new ScsiDevice(transport, () => this.#attention());
      this.scsi = answers(scsi) ? scsi : undefined;
      this.options = new StOptions(this.device, calls, node, this.scsi !== undefined && readPartitions(this.scsi).maximum > 1);
      this.problems = new StProblems(this.device, this.scsi, calls, node);
    } catch (error) {
      this.device.close();
      throw error;
    }
  }

  /** Told when what was known about the cartridge may have changed. */
  onAttention(listener: () => void): void {
    this.#attention = listener;
  }

  close(): void {
    this.options.restore();
    this.device.close();
  }
}

function answers(scsi: ScsiDevice): boolean {
  try {
    scsi.attempt(cdb.testUnitReady());
    return true;
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return false;
  }
}
