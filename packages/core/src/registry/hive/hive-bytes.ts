import { closeSync, openSync, readSync } from 'node:fs';
import { BINS_AT } from './base-block.layout.js';
import { nativePath } from './native-path.js';
import { CellProblem, ioError } from './problems.js';

/** Bytes that a log puts over those of the file. */
export interface HivePatch {
  /** In the bins. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const SHIFT = 18;
const PIECE = 1 << SHIFT;
/** 64 MiB: more than most hives. */
const PIECES_MAX = 256;

/**
 * The bins of a hive: a file, with the pages of its logs over it, read in pieces when they are wanted. Few pieces are kept, so memory
 * does not grow with the file.
 */
export class HiveBytes {
  readonly #pieces = new Map<number, Buffer>();
  readonly #patches = new Map<number, HivePatch[]>();
  #current = -1;
  #piece: Buffer = Buffer.alloc(0);
  #pieceView: DataView = new DataView(new ArrayBuffer(0));
  /** Where {@link locate} found what was asked for; valid until the next call. */
  bytes: Buffer = this.#piece;
  view: DataView = this.#pieceView;

  constructor(
    private fd: number,
    readonly file: string,
    /** Bytes of the bins: offsets from here on point nowhere. */
    readonly length: number,
    patches: readonly HivePatch[] = [],
  ) {
    for (const patch of patches) {
      const last = (patch.offset + patch.bytes.length - 1) >>> SHIFT;
      for (let i = patch.offset >>> SHIFT; i <= last; i++) {
        const list = this.#patches.get(i);
        if (list) list.push(patch);
        else this.#patches.set(i, [patch]);
      }
    }
  }

  /** The place in `bytes` and `view` at which `size` bytes from `offset` stand. */
  locate(offset: number, size: number): number {
    if (offset + size > this.length) throw new CellProblem('it reaches beyond the end of the hive', offset);
    const index = offset >>> SHIFT;
    const at = offset & (PIECE - 1);
    if (index !== this.#current) this.#select(index);
    if (at + size <= PIECE) {
      this.bytes = this.#piece;
      this.view = this.#pieceView;
      return at;
    }
    this.bytes = this.copy(offset, size);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size);
    return 0;
  }

  /** A copy, for callers to keep. */
  copy(offset: number, size: number): Buffer {
    if (offset + size > this.length) throw new CellProblem('it reaches beyond the end of the hive', offset);
    const out = Buffer.from(new ArrayBuffer(size));
    for (let done = 0; done < size;) {
      const at = (offset + done) & (PIECE - 1);
      const some = Math.min(size - done, PIECE - at);
      this.#select((offset + done) >>> SHIFT);
      this.#piece.copy(out, done, at, at + some);
      done += some;
    }
    return out;
  }

  close(): void {
    closeSync(this.fd);
  }

  /** After {@link close}. @throws REGISTRY_IO */
  reopen(): void {
    try {
      this.fd = openSync(nativePath(this.file), 'r');
    } catch (error) {
      throw ioError(this.file, 'opened again', error);
    }
  }

  #select(index: number): void {
    if (index === this.#current) return;
    let piece = this.#pieces.get(index);
    if (!piece) {
      piece = this.#load(index);
      for (const oldest of this.#pieces.keys()) {
        if (this.#pieces.size < PIECES_MAX) break;
        this.#pieces.delete(oldest);
      }
      this.#pieces.set(index, piece);
    }
    this.#current = index;
    this.#piece = piece;
    this.#pieceView = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  }

  #load(index: number): Buffer {
    const piece = Buffer.from(new ArrayBuffer(PIECE));
    const start = index * PIECE;
    try {
      for (let at = 0; at < PIECE;) {
        const some = readSync(this.fd, piece, at, PIECE - at, BINS_AT + start + at);
        if (some === 0) break;
        at += some;
      }
    } catch (error) {
      throw ioError(this.file, 'read', error);
    }
    for (const { offset, bytes } of this.#patches.get(index) ?? []) {
      const from = Math.max(0, start - offset);
      const to = Math.min(bytes.length, start + PIECE - offset);
      piece.set(bytes.subarray(from, to), offset + from - start);
    }
    return piece;
  }
}
