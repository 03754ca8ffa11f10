import { TapeStatus, type TapeTransfer } from '../api/index.js';
import { cdb } from './cdb.js';
import { SenseKey, Timeout } from './constants.js';
import type { ScsiAnswer, ScsiDevice } from './scsi-device.js';

/** Bytes of fixed blocks that one command carries, at least one block: what drives and links take, and enough to keep them busy. */
const AT_ONCE = 1024 * 1024;

const within = (value: number, most: number): number => Math.min(Math.max(0, value), most);

/** READ(6) and WRITE(6), as ReadFile and WriteFile of a tape are. */
export class ScsiTransfer {
  readonly #result: TapeTransfer = { bytes: 0, status: TapeStatus.NO_ERROR };

  constructor(private readonly device: ScsiDevice) {}

  /** @param blockSize 0: one block of whatever size */
  read(into: Uint8Array, blockSize: number, largest: number): TapeTransfer {
    if (blockSize !== 0) return this.#inPieces('reading blocks', into, blockSize, (piece) => this.#readFixed(piece, blockSize));
    const buffer = into.length > largest ? into.subarray(0, largest) : into;
    const { status, sense, transferred } = this.device.attempt(cdb.read6(false, buffer.length), 'read', buffer, Timeout.TRANSFER);
    const what = 'reading a block';
    if (status === TapeStatus.NO_ERROR) return this.#done(transferred, status);
    if (sense?.deferred === true) throw this.device.failure(status, what, sense);
    switch (status) {
      case TapeStatus.ERROR_INVALID_BLOCK_LENGTH: {
        const left = sense?.information ?? buffer.length - transferred;
        if (left < 0) throw this.device.failure(TapeStatus.ERROR_MORE_DATA, what, sense);
        return this.#done(buffer.length - within(left, buffer.length), TapeStatus.NO_ERROR);
      }
      case TapeStatus.ERROR_FILEMARK_DETECTED:
      case TapeStatus.ERROR_SETMARK_DETECTED:
      case TapeStatus.ERROR_NO_DATA_DETECTED:
        return this.#done(0, status);
      case TapeStatus.ERROR_END_OF_MEDIA:
        // The last block before the early warning may come with it; a medium error brings none.
        return this.#done(
          sense?.key === SenseKey.MEDIUM_ERROR ? 0 : buffer.length - within(sense?.information ?? 0, buffer.length),
          status,
        );
      default:
        throw this.device.failure(status, what, sense);
    }
  }

  /** @param blockSize 0: `data` is one block */
  write(data: Uint8Array, blockSize: number, smallest: number, largest: number): TapeTransfer {
    const what = 'writing a block';
    if (blockSize !== 0) return this.#inPieces(what, data, blockSize, (piece) => this.#write(piece, blockSize));
    if (data.length < smallest || data.length > largest) throw this.device.failure(TapeStatus.ERROR_INVALID_BLOCK_LENGTH, what);
    return this.#write(data, 0);
  }

  #inPieces(what: string, bytes: Uint8Array, blockSize: number, transfer: (piece: Uint8Array) => TapeTransfer): TapeTransfer {
    if (bytes.length % blockSize !== 0) throw this.device.failure(TapeStatus.ERROR_INVALID_BLOCK_LENGTH, what);
    const step = Math.max(1, Math.floor(AT_ONCE / blockSize)) * blockSize;
    let done = 0;
    let status: TapeTransfer['status'] = TapeStatus.NO_ERROR;
    while (done < bytes.length) {
      const size = Math.min(step, bytes.length - done);
      const piece = transfer(bytes.subarray(done, done + size));
      done += piece.bytes;
      status = piece.status;
      // Behind the early warning there is room for the rest, and the next piece tells again; anything else ends it.
      if (piece.bytes < size || (status !== TapeStatus.NO_ERROR && status !== TapeStatus.ERROR_END_OF_MEDIA)) break;
    }
    return this.#done(done, status);
  }

  #readFixed(into: Uint8Array, blockSize: number): TapeTransfer {
    const count = into.length / blockSize;
    const { status, sense, transferred } = this.device.attempt(cdb.read6(true, count), 'read', into, Timeout.TRANSFER);
    if (status === TapeStatus.NO_ERROR) return this.#done(transferred - (transferred % blockSize), status);
    const blocks = sense?.information === undefined ? Math.floor(transferred / blockSize) : count - within(sense.information, count);
    if (sense?.deferred !== true) {
      switch (status) {
        case TapeStatus.ERROR_FILEMARK_DETECTED:
        case TapeStatus.ERROR_SETMARK_DETECTED:
        case TapeStatus.ERROR_NO_DATA_DETECTED:
        case TapeStatus.ERROR_END_OF_MEDIA:
          return this.#done(blocks * blockSize, status);
        default:
      }
    }
    throw this.device.failure(status, 'reading blocks', sense);
  }

  #write(data: Uint8Array, blockSize: number): TapeTransfer {
    const what = 'writing a block';
    const command = blockSize === 0 ? cdb.write6(false, data.length) : cdb.write6(true, data.length / blockSize);
    let answer = this.device.attempt(command, 'write', data, Timeout.TRANSFER);
    // A warning about an earlier block: this one was not taken yet.
    if (answer.sense?.deferred === true && answer.status === TapeStatus.ERROR_END_OF_MEDIA) {
      answer = this.device.attempt(command, 'write', data, Timeout.TRANSFER);
    }
    const { status, sense } = answer;
    switch (status) {
      case TapeStatus.NO_ERROR:
        return this.#done(data.length, status);
      case TapeStatus.ERROR_END_OF_MEDIA:
      case TapeStatus.ERROR_EOM_OVERFLOW:
        return this.#atEnd(answer, data.length, blockSize);
      case TapeStatus.ERROR_INVALID_PARAMETER:
        throw this.device.failure(TapeStatus.ERROR_INVALID_BLOCK_LENGTH, what, sense);
      default:
        throw this.device.failure(status, what, sense);
    }
  }

  /** What the end of the medium left of a write. Drives that buffer may name more blocks than this command had: those before it are lost as well. */
  #atEnd({ status, sense }: ScsiAnswer, length: number, blockSize: number): TapeTransfer {
    const isFull = status === TapeStatus.ERROR_EOM_OVERFLOW;
    const units = blockSize === 0 ? length : length / blockSize;
    const left = within(sense?.information ?? (isFull ? units : 0), units);
    // One block is written or it is not.
    const written = blockSize !== 0 ? (units - left) * blockSize : left === 0 && !isFull ? length : 0;
    return this.#done(sense?.deferred === true ? 0 : written, written < length ? TapeStatus.ERROR_EOM_OVERFLOW : status);
  }

  #done(bytes: number, status: TapeTransfer['status']): TapeTransfer {
    this.#result.bytes = bytes;
    this.#result.status = status;
    return this.#result;
  }
}
