import type { StCalls } from './ffi/st-calls.js';
import { MtOp, SetOptions, StOption } from './mtio.js';
import type { StDevice } from './st-device.js';

/** Positions as Windows counts them, and a way to the end of the data that does not count the marks on it. */
const ON = StOption.SCSI2LOGICAL | StOption.FAST_MTEOM;
/** What answers before it is done, reads ahead of the position, hides lengths of blocks, or writes marks that nobody asked for. */
const OFF =
  StOption.BUFFER_WRITES |
  StOption.ASYNC_WRITES |
  StOption.READ_AHEAD |
  StOption.TWO_FM |
  StOption.SYSV |
  StOption.NOWAIT |
  StOption.SILI |
  StOption.NOWAIT_EOF;

/** The options of st while a drive is open here, and those of before afterwards. Setting them is for root alone. */
export class StOptions {
  readonly #before: number | undefined;
  readonly #on: number;
  #changed = false;

  constructor(
    private readonly device: StDevice,
    calls: StCalls,
    node: string,
    partitions: boolean,
  ) {
    const text = calls.readText(`/sys/class/scsi_tape/${node}/options`);
    this.#before = text === undefined || !/^0x[0-9a-f]{1,8}\s*$/i.test(text) ? undefined : Number.parseInt(text, 16);
    this.#on = ON | (partitions ? StOption.CAN_PARTITIONS : 0);
    const set = device.operate(MtOp.SETDRVBUFFER, SetOptions.SET | this.#on) === 0;
    // What cannot be put back is left as it is.
    if (set && this.#before !== undefined) device.operate(MtOp.SETDRVBUFFER, SetOptions.CLEAR | (this.#before & OFF));
    this.#changed = set;
  }

  /** Whether positions are those of blocks and marks, not addresses of the device's own. */
  get logical(): boolean {
    return this.#has(StOption.SCSI2LOGICAL);
  }

  get partitions(): boolean {
    return this.#has(StOption.CAN_PARTITIONS);
  }

  restore(): void {
    if (!this.#changed) return;
    this.#changed = false;
    const before = this.#before ?? 0;
    this.device.operate(MtOp.SETDRVBUFFER, SetOptions.CLEAR | (this.#on & ~before));
    if ((before & OFF) !== 0) this.device.operate(MtOp.SETDRVBUFFER, SetOptions.SET | (before & OFF));
  }

  #has(option: number): boolean {
    return ((this.#changed ? this.#on : (this.#before ?? 0)) & option) !== 0;
  }
}
