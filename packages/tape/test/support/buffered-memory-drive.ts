import type { TapeBuffer, TapeStop, TapeTransfer } from '../../src/api/index.js';
import { writeBlock } from '../../src/io/write-block.js';
import { MemoryDrive, type MemoryCartridge } from './memory-drive.js';

/** A drive that writes what is put into its buffer later, when so many blocks wait. What must not happen before that is refused. */
export class BufferedMemoryDrive extends MemoryDrive implements TapeBuffer {
  readonly buffer: TapeBuffer = this;
  readonly size: number;
  #waiting: Uint8Array[] = [];

  constructor(
    name: string,
    cartridge: MemoryCartridge,
    positions: boolean,
    private readonly depth: number,
  ) {
    super(name, cartridge, positions);
    this.size = depth * 65_536;
  }

  get filled(): number {
    return this.#waiting.reduce((sum, { length }) => sum + length, 0);
  }

  put(block: Uint8Array): TapeStop | undefined {
    this.#waiting.push(block.slice());
    return this.#writeDownTo(this.depth);
  }

  drain(): TapeStop | undefined {
    return this.#writeDownTo(0);
  }

  #writeDownTo(count: number): TapeStop | undefined {
    while (this.#waiting.length > count) {
      const warned = writeBlock({ name: this.name, write: (data) => super.write(data) }, this.#waiting.shift()!);
      if (!warned) continue;
      const unwritten = Buffer.concat(this.#waiting);
      this.#waiting = [];
      return { unwritten };
    }
    return undefined;
  }

  #mustBeEmpty(): void {
    if (this.#waiting.length > 0) throw new TypeError(`${String(this.#waiting.length)} blocks were not waited for`);
  }

  override write(data: Uint8Array): TapeTransfer {
    this.#mustBeEmpty();
    return super.write(data);
  }
  override writeTapemark(type: number, count: number): void {
    this.#mustBeEmpty();
    super.writeTapemark(type, count);
  }
  override setTapePosition(method: number, partition: number, offset: number): void {
    this.#mustBeEmpty();
    super.setTapePosition(method, partition, offset);
  }
  override load(cartridge: MemoryCartridge): void {
    this.#mustBeEmpty();
    super.load(cartridge);
  }
}
