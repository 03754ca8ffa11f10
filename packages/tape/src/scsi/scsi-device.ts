import { isWinbackError, TapeError } from '@winback/core/base';
import { tapeError, TapeStatus, type TapeStatusCode } from '../api/index.js';
import { cdb } from './cdb.js';
import { ScsiStatus, SenseKey, Timeout } from './constants.js';
import { decodeSense, type Sense } from './sense.js';
import { scsiStatus, senseStatus } from './sense-status.js';
import type { ScsiTransport } from './transport.js';

/** What came of a command. One object for each device, valid until the next command. */
export interface ScsiAnswer {
  status: TapeStatusCode;
  sense: Sense | undefined;
  /** Bytes, as far as the transport knows. */
  transferred: number;
}

const NOTHING = new Uint8Array(0);
const ATTEMPTS = 8;

/** Unit attentions that say nothing about the medium, the position or who may use the drive: the command is sent again. */
const isHarmless = ({ asc, ascq }: Sense): boolean =>
  asc === 0x3f || asc === 0x5a || (asc === 0x2a && ascq !== 0x03 && ascq !== 0x04 && ascq !== 0x05);

/** One logical unit: sends commands, and says in Windows' numbers what came of them. */
export class ScsiDevice {
  readonly #answer: ScsiAnswer = { status: TapeStatus.NO_ERROR, sense: undefined, transferred: 0 };
  #reservation: 'none' | 'held' | 'lost' | 'unknown to the device' = 'none';

  /** @param attention called when the device says, or a lost connection means, that what was known about it may have changed */
  constructor(
    readonly transport: ScsiTransport,
    private readonly attention: () => void = () => undefined,
  ) {}

  get name(): string {
    return this.transport.name;
  }

  /**
   * Sends a command; answers whatever the device says.
   * @throws TAPE_BUS_RESET when the connection is lost
   */
  attempt(
    command: Uint8Array,
    direction: 'none' | 'read' | 'write' = 'none',
    buffer: Uint8Array = NOTHING,
    timeout: number = Timeout.SHORT,
  ): ScsiAnswer {
    if (this.#reservation === 'lost') this.reserve();
    return this.#send(command, direction, buffer, timeout);
  }

  /** Sends a command that must succeed. Answers how many bytes were transferred. @param what for people, as in "writing a block" */
  run(
    what: string,
    command: Uint8Array,
    direction: 'none' | 'read' | 'write' = 'none',
    buffer: Uint8Array = NOTHING,
    timeout: number = Timeout.SHORT,
  ): number {
    const answer = this.attempt(command, direction, buffer, timeout);
    if (answer.status !== TapeStatus.NO_ERROR) throw this.failure(answer.status, what, answer.sense);
    return answer.transferred;
  }

  /**
   * Data that the device may well not have: undefined then. Cut to what came.
   * @throws TAPE_MEDIA_CHANGED, TAPE_BUS_RESET: nothing else may hear of that in passing
   */
  ask(command: Uint8Array, size: number): Uint8Array | undefined {
    const buffer = new Uint8Array(size);
    const answer = this.attempt(command, 'read', buffer);
    if (answer.sense?.key === SenseKey.UNIT_ATTENTION) throw this.failure(answer.status, 'asking for what it can', answer.sense);
    return answer.status === TapeStatus.NO_ERROR ? buffer.subarray(0, answer.transferred) : undefined;
  }

  /**
   * Keeps other initiators away (RESERVE(6)), where the device knows that; again after a reset, which forgets it.
   * @throws TAPE_LOCKED when another one has it; TAPE_MEDIA_CHANGED, TAPE_BUS_RESET
   */
  reserve(): void {
    const what = 'reserving it';
    this.#reservation = 'lost';
    const { status, sense } = this.#send(cdb.reserve6(), 'none', NOTHING, Timeout.SHORT);
    if (status === TapeStatus.ERROR_SHARING_VIOLATION || sense?.key === SenseKey.UNIT_ATTENTION) throw this.failure(status, what, sense);
    this.#reservation = status === TapeStatus.NO_ERROR ? 'held' : 'unknown to the device';
  }

  /** Whether there is a cartridge that is ready. @throws TAPE_MEDIA_CHANGED, TAPE_BUS_RESET */
  isReady(): boolean {
    const { status, sense } = this.attempt(cdb.testUnitReady());
    if (sense?.key === SenseKey.UNIT_ATTENTION) throw this.failure(status, 'asking whether it is ready', sense);
    return status === TapeStatus.NO_ERROR;
  }

  /** Hears what happened since the device was last used, so that it is not told to the first command. */
  clearAttentions(): void {
    for (let left = ATTEMPTS; left > 0; left--) {
      const { sense } = this.#send(cdb.testUnitReady(), 'none', NOTHING, Timeout.SHORT);
      if (sense?.key !== SenseKey.UNIT_ATTENTION) return;
    }
  }

  failure(status: TapeStatusCode, what: string, sense?: Sense): TapeError {
    const { key, asc, ascq, information, deferred } = sense ?? {};
    const facts = sense === undefined ? {} : { senseKey: key, asc, ascq, ...(information === undefined ? {} : { information }), deferred };
    // A command that succeeded cannot be a failure; whoever says so has met something that nobody can name.
    return tapeError(status === TapeStatus.NO_ERROR ? TapeStatus.ERROR_IO_DEVICE : status, this.name, what, facts);
  }

  close(): void {
    try {
      if (this.#reservation === 'held') this.#send(cdb.release6(), 'none', NOTHING, Timeout.SHORT);
    } catch (error) {
      // A connection that is lost holds no reservation.
      if (!isWinbackError(error)) throw error;
    } finally {
      this.transport.close();
    }
  }

  #send(command: Uint8Array, direction: 'none' | 'read' | 'write', buffer: Uint8Array, timeout: number): ScsiAnswer {
    const answer = this.#answer;
    for (let left = ATTEMPTS; ; left--) {
      const result = this.#command(command, direction, buffer, timeout);
      answer.transferred = Math.min(Math.max(0, buffer.length - result.residual), buffer.length);
      answer.sense = undefined;
      if (result.status !== ScsiStatus.CHECK_CONDITION) {
        answer.status = scsiStatus(result.status);
        return answer;
      }
      const sense = decodeSense(result.sense);
      answer.sense = sense;
      answer.status = sense === undefined ? TapeStatus.ERROR_IO_DEVICE : senseStatus(sense);
      if (sense?.key !== SenseKey.UNIT_ATTENTION) return answer;
      this.#forget();
      if (!isHarmless(sense) || left <= 1) return answer;
    }
  }

  #command(command: Uint8Array, direction: 'none' | 'read' | 'write', buffer: Uint8Array, timeout: number) {
    try {
      return this.transport.command(command, direction, buffer, timeout);
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    if (this.#reservation === 'held') this.#reservation = 'lost';
    this.attention();
  }
}
