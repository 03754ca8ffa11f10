import { TapePositionMethod, type TapeDrive, type TapeTransfer } from '../../../src/api/index.js';

const ID_SIZE = 4;

/** A drive that keeps the first four bytes of each block, with the rest kept here: blocks go to the tape as numbers, and come back whole. */
export class WholeBlocks implements TapeDrive {
  #last = new Uint8Array(0);
  #blockSize: number | undefined;

  /** @param memory of all drives that have the cartridge by turns */
  constructor(
    private readonly inner: TapeDrive,
    private readonly memory: Map<number, Uint8Array>,
  ) {}

  get name(): string {
    return this.inner.name;
  }

  getDriveParameters: TapeDrive['getDriveParameters'] = () => this.inner.getDriveParameters();
  getMediaParameters: TapeDrive['getMediaParameters'] = () => this.inner.getMediaParameters();
  setDriveParameters: TapeDrive['setDriveParameters'] = (settings) => this.inner.setDriveParameters(settings);
  getTapePosition: TapeDrive['getTapePosition'] = (type) => this.inner.getTapePosition(type);
  getTapeStatus: TapeDrive['getTapeStatus'] = () => this.inner.getTapeStatus();
  prepareTape: TapeDrive['prepareTape'] = (...args) => this.inner.prepareTape(...args);
  setTapePosition: TapeDrive['setTapePosition'] = (method, partition, offset, immediate) => {
    // scsi_debug goes back over one filemark more when there are several: SPACE -2 from behind five stands behind two
    const steps = method === TapePositionMethod.SPACE_FILEMARKS && offset < -1 ? -offset : 1;
    for (let i = 0; i < steps; i++) this.inner.setTapePosition(method, partition, steps === 1 ? offset : -1, immediate);
  };
  eraseTape: TapeDrive['eraseTape'] = (...args) => this.inner.eraseTape(...args);
  /** scsi_debug has no partitions below 1 GB, as it counts them. */
  createTapePartition: TapeDrive['createTapePartition'] = (method, count, megabytes) =>
    this.inner.createTapePartition(method, count, count === 2 ? Math.max(megabytes, 1000) : megabytes);
  writeTapemark: TapeDrive['writeTapemark'] = (...args) => this.inner.writeTapemark(...args);
  setMediaParameters: TapeDrive['setMediaParameters'] = (settings) => {
    this.#blockSize = undefined;
    this.inner.setMediaParameters(settings);
  };
  [Symbol.dispose](): void {
    this.inner[Symbol.dispose]();
  }

  read(into: Uint8Array): TapeTransfer {
    const transfer = this.inner.read(into);
    for (const block of this.#blocks(into.subarray(0, transfer.bytes))) {
      const whole = this.memory.get(idOf(block));
      if (whole?.length === block.length) block.set(whole);
    }
    return transfer;
  }

  write(data: Uint8Array): TapeTransfer {
    const ids = new Uint8Array(data.length);
    const blocks = this.#blocks(data);
    let at = 0;
    for (const block of blocks) {
      new DataView(ids.buffer).setUint32(at, this.#keep(block));
      at += block.length;
    }
    return this.inner.write(ids);
  }

  /** The number of a block; the same one again for the same bytes, so that a full cartridge fits into memory. */
  #keep(block: Uint8Array): number {
    if (this.#last.length !== block.length || Buffer.compare(this.#last, block) !== 0) {
      this.#last = block.slice();
      this.memory.set(this.memory.size + 1, this.#last);
    }
    return this.memory.size;
  }

  #blocks(data: Uint8Array): Uint8Array[] {
    const blockSize = data.length === 0 ? 0 : (this.#blockSize ??= this.inner.getMediaParameters().blockSize);
    const size = blockSize === 0 || data.length % blockSize !== 0 ? data.length : blockSize;
    return Array.from({ length: size === 0 ? 0 : data.length / size }, (_, i) => data.subarray(i * size, (i + 1) * size));
  }
}

const idOf = (block: Uint8Array): number => (block.length < ID_SIZE ? 0 : new DataView(block.buffer, block.byteOffset).getUint32(0));
