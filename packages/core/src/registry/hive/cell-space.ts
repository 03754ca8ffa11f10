import { BINS_AT, HiveBin } from './base-block.layout.js';
import { CellHeader } from './cells.layout.js';

const BIN_STEP = 4096;
const ALIGNMENT = 8;
/** Bins with room that are tried before a new one is made. */
const OPEN_BINS = 16;
/** What is left of a bin is worth looking at from here on. */
const ROOM_MIN = 32;

interface Bin {
  readonly end: number;
  free: number;
}

/** The bins of a new hive: gives places to cells, each inside one bin, and fills what is left with free cells. */
export class CellSpace {
  /** The whole file; grows, so it is asked for anew after each {@link allocate}. */
  image = Buffer.alloc(1 << 20);
  view = new DataView(this.image.buffer);
  /** Bytes of all bins. */
  size = 0;
  #open: Bin[] = [];

  /** The offset of a cell in use with room for `length` bytes, all zero; its data stand at {@link dataAt}. */
  allocate(length: number): number {
    const size = Math.ceil((length + CellHeader.size) / ALIGNMENT) * ALIGNMENT;
    const bin = this.#open.find(({ end, free }) => end - free >= size) ?? this.#newBin(size);
    const offset = bin.free;
    bin.free += size;
    this.view.setInt32(BINS_AT + offset, -size, true);
    if (bin.free < bin.end) this.view.setInt32(BINS_AT + bin.free, bin.end - bin.free, true);
    return offset;
  }

  /** The place of a cell's data in the image. */
  dataAt(offset: number): number {
    return BINS_AT + offset + CellHeader.size;
  }

  /** A cell with these bytes. */
  put(bytes: Uint8Array): number {
    const offset = this.allocate(bytes.length);
    this.image.set(bytes, this.dataAt(offset));
    return offset;
  }

  #newBin(cell: number): Bin {
    const offset = this.size;
    const size = Math.ceil((cell + HiveBin.size) / BIN_STEP) * BIN_STEP;
    this.size += size;
    this.#grow(BINS_AT + this.size);
    HiveBin.encodeInto(this.image, BINS_AT + offset, HiveBin.create({ offset, size }));
    const bin = { end: offset + size, free: offset + HiveBin.size };
    this.#open = this.#open.filter(({ end, free }) => end - free >= ROOM_MIN).slice(1 - OPEN_BINS);
    this.#open.push(bin);
    return bin;
  }

  #grow(size: number): void {
    if (size <= this.image.length) return;
    const grown = Buffer.alloc(Math.max(size, this.image.length * 2));
    this.image.copy(grown);
    this.image = grown;
    this.view = new DataView(grown.buffer);
  }
}
