import type { ScsiResult, ScsiTransport } from '../../../src/index.js';
import { GIB, sizeOf, used, type MemoryPartition, type TapeObject } from './memory-medium.js';

/** Sense data as this drive makes it, in the terms of the standard. */
export interface MemorySense {
  readonly key: number;
  readonly asc?: number;
  readonly ascq?: number;
  readonly filemark?: boolean;
  readonly eom?: boolean;
  readonly ili?: boolean;
  readonly information?: number;
  readonly deferred?: boolean;
}

class Check extends Error {
  constructor(readonly sense: MemorySense) {
    super('check condition');
  }
}

export interface MemorySscOptions {
  /** Bytes; with `earlyWarning` of them left a warning comes. */
  readonly capacity?: number;
  readonly earlyWarning?: number;
  readonly senseFormat?: 'fixed' | 'descriptor';
  readonly maximumPartitions?: number;
  readonly deviceType?: number;
  /** REPORT SUPPORTED OPERATION CODES answers. */
  readonly listsCommands?: boolean;
  readonly setmarks?: boolean;
  readonly hasAttributes?: boolean;
  readonly maximumBlock?: number;
}

/** Commands that this drive knows, by their operation codes. */
const COMMANDS = [
  0x00, 0x01, 0x03, 0x04, 0x05, 0x08, 0x0a, 0x10, 0x11, 0x12, 0x15, 0x16, 0x17, 0x19, 0x1a, 0x1b, 0x1e, 0x2b, 0x34, 0x4d, 0x8c, 0x91, 0x92,
  0xa3,
];
const MIB = 1024 * 1024;
const ILLEGAL_FIELD: MemorySense = { key: 5, asc: 0x24 };

const u24 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** An SSC drive with a cartridge, both in memory: written from the standard alone, to hold the drive's code to it. */
export class MemorySsc implements ScsiTransport {
  readonly name = 'memory';
  readonly commands: number[] = [];
  /** Told instead of carrying out commands, one after another. */
  readonly pending: MemorySense[] = [];
  /** Thrown by the next command. */
  failure: Error | undefined;
  loaded = true;
  locked = false;
  writeProtected = false;
  closed = false;
  reservedByOther = false;
  reserved = false;
  partitions: MemoryPartition[];
  #partition = 0;
  #at = 0;
  #blockLength = 0;
  #bufferedMode = 0;
  #compression = true;
  #reportSetmarks: boolean;
  readonly #capacity: number;

  constructor(readonly options: MemorySscOptions = {}) {
    this.#capacity = options.capacity ?? GIB;
    this.#reportSetmarks = options.setmarks === true;
    this.partitions = [{ objects: [], capacity: this.#capacity }];
  }

  get bufferedMode(): number {
    return this.#bufferedMode;
  }

  close(): void {
    this.closed = true;
  }

  command(cdb: Uint8Array, direction: 'none' | 'read' | 'write', buffer: Uint8Array): ScsiResult {
    this.commands.push(cdb[0]!);
    if (this.failure !== undefined) {
      const failure = this.failure;
      this.failure = undefined;
      throw failure;
    }
    if (this.reservedByOther && cdb[0] !== 0x12 && cdb[0] !== 0x03)
      return { status: 0x18, sense: new Uint8Array(0), residual: buffer.length };
    try {
      const pending = cdb[0] === 0x12 ? undefined : this.pending.shift();
      if (pending !== undefined) throw new Check(pending);
      const done = this.#run(cdb, buffer);
      return { status: 0, sense: new Uint8Array(0), residual: direction === 'none' ? 0 : buffer.length - done };
    } catch (error) {
      if (!(error instanceof Check)) throw error;
      return { status: 2, sense: this.#encode(error.sense), residual: 0 };
    }
  }

  get #objects(): TapeObject[] {
    return this.#current.objects;
  }

  get #current(): MemoryPartition {
    return this.partitions[this.#partition]!;
  }

  #encode(sense: MemorySense): Uint8Array {
    const { key, asc = 0, ascq = 0, information } = sense;
    const flags = (sense.filemark ? 0x80 : 0) | (sense.eom ? 0x40 : 0) | (sense.ili ? 0x20 : 0);
    if (this.options.senseFormat !== 'descriptor') {
      const out = new Uint8Array(18);
      out.set([information === undefined ? 0x70 : 0xf0, 0, flags | key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq]);
      view(out).setInt32(3, information ?? 0);
      if (sense.deferred === true) out[0]! |= 1;
      return out;
    }
    const out = new Uint8Array(8 + 12 + 4);
    out.set([0x72, key, asc, ascq, 0, 0, 0, 16, 0, 10, information === undefined ? 0 : 0x80]);
    view(out).setBigInt64(12, BigInt(information ?? 0));
    if (sense.deferred === true) out[0] = 0x73;
    out.set([4, 2, 0, flags], 20);
    return out;
  }

  #answer(buffer: Uint8Array, bytes: Uint8Array, allocation: number): number {
    const length = Math.min(buffer.length, bytes.length, allocation);
    buffer.set(bytes.subarray(0, length));
    return length;
  }

  #mustBeLoaded(): void {
    if (!this.loaded) throw new Check({ key: 2, asc: 0x3a });
  }

  #mayWrite(): void {
    if (this.writeProtected) throw new Check({ key: 7, asc: 0x27 });
  }

  #run(cdb: Uint8Array, buffer: Uint8Array): number {
    const flags = cdb[1]!;
    switch (cdb[0]) {
      case 0x12:
        return this.#inquiry(cdb, buffer);
      case 0x16:
      case 0x17:
        this.reserved = cdb[0] === 0x16;
        return 0;
      case 0x05: {
        const limits = new Uint8Array(6);
        view(limits).setUint32(0, this.options.maximumBlock ?? MIB);
        limits[5] = 1;
        return this.#answer(buffer, limits, 6);
      }
      case 0x1a:
        return this.#modeSense(cdb, buffer);
      case 0x15:
        return this.#modeSelect(cdb, buffer);
      case 0xa3:
        return this.#listCommands(cdb, buffer);
      case 0x1b:
        return this.#load(cdb);
      default:
        this.#mustBeLoaded();
    }
    switch (cdb[0]) {
      case 0x00:
        return 0;
      case 0x01:
        this.#at = 0;
        return 0;
      case 0x1e:
        this.locked = (cdb[4]! & 1) !== 0;
        return 0;
      case 0x08:
        return this.#read((flags & 1) !== 0, u24(cdb, 2), buffer);
      case 0x0a:
        return this.#write((flags & 1) !== 0, u24(cdb, 2), buffer);
      case 0x10:
        return this.#writeMarks((flags & 2) !== 0, u24(cdb, 2));
      case 0x11:
        return this.#space(flags, (u24(cdb, 2) << 8) >> 8);
      case 0x91:
        return this.#space(flags, Number(view(cdb).getBigInt64(4)));
      case 0x2b:
        return this.#locate(view(cdb).getUint32(3), (flags & 2) !== 0 ? cdb[8]! : this.#partition);
      case 0x92:
        return this.#locate(Number(view(cdb).getBigUint64(4)), (flags & 2) !== 0 ? cdb[3]! : this.#partition);
      case 0x34:
        return this.#position(flags & 0x1f, buffer);
      case 0x19:
        this.#mayWrite();
        this.#objects.length = this.#at;
        return 0;
      case 0x04:
        this.#mayWrite();
        if (this.#at !== 0 || this.#partition !== 0) throw new Check({ key: 5, asc: 0x3b, ascq: 0x0c });
        if ((cdb[2]! & 0xf) === 0) this.partitions = [{ objects: [], capacity: this.#capacity }];
        return 0;
      case 0x4d:
        return this.#logSense(cdb, buffer);
      case 0x8c:
        return this.#attribute(cdb, buffer);
      default:
        throw new Check({ key: 5, asc: 0x20 });
    }
  }

  #inquiry(cdb: Uint8Array, buffer: Uint8Array): number {
    const data = new Uint8Array(36);
    data.set([this.options.deviceType ?? 1, 0x80, 5, 2, 31]);
    data.set(Buffer.from('WINBACK MEMORY DRIVE    0001'), 8);
    return this.#answer(buffer, data, (cdb[3]! << 8) | cdb[4]!);
  }

  #listCommands(cdb: Uint8Array, buffer: Uint8Array): number {
    if (this.options.listsCommands === false) throw new Check({ key: 5, asc: 0x20 });
    const known = COMMANDS.filter((code) => code !== 0x8c || this.options.hasAttributes !== false);
    const out = new Uint8Array(4 + known.length * 8);
    view(out).setUint32(0, known.length * 8);
    known.forEach((code, i) => (out[4 + i * 8] = code));
    return this.#answer(buffer, out, view(cdb).getUint32(6));
  }

  #load(cdb: Uint8Array): number {
    const load = (cdb[4]! & 1) !== 0;
    if (!load && this.locked) throw new Check({ key: 5, asc: 0x53, ascq: 0x02 });
    if (load && !this.loaded) this.pending.push({ key: 6, asc: 0x28 });
    this.loaded = load;
    this.#at = 0;
    this.#partition = 0;
    return 0;
  }

  #pages(page: number, changeable: boolean): Uint8Array {
    switch (page) {
      case 0x00:
        return new Uint8Array(0);
      case 0x0f:
        return Uint8Array.of(0x8f, 14, this.#compression ? 0xc0 : 0x40, 0x80, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0);
      case 0x10:
        return Uint8Array.of(
          0x90,
          14,
          0,
          0,
          0,
          0,
          0,
          0,
          this.options.setmarks && (changeable || this.#reportSetmarks) ? 0x20 : 0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
        );
      case 0x11:
        if (this.options.maximumPartitions === undefined) throw new Check(ILLEGAL_FIELD);
        return Uint8Array.of(0x91, 6, this.options.maximumPartitions - 1, this.partitions.length - 1, 0x10, 3, 0, 0);
      default:
        throw new Check(ILLEGAL_FIELD);
    }
  }

  #modeSense(cdb: Uint8Array, buffer: Uint8Array): number {
    const pages = this.#pages(cdb[2]! & 0x3f, cdb[2]! >> 6 === 1);
    const out = new Uint8Array(12 + pages.length);
    out.set([out.length - 1, 0, (this.writeProtected ? 0x80 : 0) | (this.#bufferedMode << 4), 8, 0x46]);
    out.set([this.#blockLength >> 16, (this.#blockLength >> 8) & 0xff, this.#blockLength & 0xff], 9);
    out.set(pages, 12);
    return this.#answer(buffer, out, cdb[4]!);
  }

  #modeSelect(cdb: Uint8Array, buffer: Uint8Array): number {
    const length = cdb[4]!;
    if (length < 12 || buffer[0] !== 0 || buffer[3] !== 8 || (buffer[2]! & 0x80) !== 0) throw new Check({ key: 5, asc: 0x26 });
    const page = buffer.subarray(12, length);
    if (page.length > 0 && (page[0]! & 0x80) !== 0) throw new Check({ key: 5, asc: 0x26 });
    if (page[0] === 0x11) this.#divide(page);
    if (page[0] === 0x0f) this.#compression = (page[2]! & 0x80) !== 0;
    if (page[0] === 0x10) this.#reportSetmarks = (page[8]! & 0x20) !== 0;
    this.#bufferedMode = (buffer[2]! >> 4) & 7;
    this.#blockLength = u24(buffer, 9);
    return length;
  }

  #divide(page: Uint8Array): void {
    this.#mustBeLoaded();
    if (this.#at !== 0 || this.#partition !== 0) throw new Check({ key: 5, asc: 0x3b, ascq: 0x0c });
    const count = (page[4]! & 0x80) !== 0 ? this.options.maximumPartitions! : page[3]! + 1;
    let sizes = Array.from({ length: count }, () => Math.floor(this.#capacity / count));
    if ((page[4]! & 0x20) !== 0) {
      const unit = ((page[4]! >> 3) & 3) === 2 ? 1_000_000 : 10 ** (page[6]! & 0xf);
      const asked = Array.from({ length: count }, (_, i) => view(page).getUint16(8 + i * 2));
      // Drives have grains of their own; this one's are MiB, as those that it tells capacities in.
      const grains = (size: number): number => Math.ceil((size * unit) / MIB) * MIB;
      const rest = this.#capacity - asked.filter((size) => size !== 0xffff).reduce((sum, size) => sum + grains(size), 0);
      if (rest < 0) throw new Check({ key: 5, asc: 0x26 });
      sizes = asked.map((size) => (size === 0xffff ? rest : grains(size)));
    }
    this.partitions = sizes.map((capacity) => ({ objects: [], capacity }));
  }

  #position(form: number, buffer: Uint8Array): number {
    const out = new Uint8Array(form === 6 ? 32 : 20);
    if (form === 6) {
      view(out).setUint32(4, this.#partition);
      view(out).setBigUint64(8, BigInt(this.#at));
    } else {
      out[0] = (this.#at === 0 ? 0x80 : 0) | (this.#at > 0xffff_ffff ? 2 : 0);
      out[1] = this.#partition;
      view(out).setUint32(4, this.#at % 2 ** 32);
      view(out).setUint32(8, this.#at % 2 ** 32);
    }
    return this.#answer(buffer, out, out.length);
  }

  #logSense(cdb: Uint8Array, buffer: Uint8Array): number {
    if ((cdb[2]! & 0x3f) !== 0x31) throw new Check(ILLEGAL_FIELD);
    const out = new Uint8Array(4 + 4 * 8);
    view(out).setUint32(0, 0x3100_0020);
    const values = [0, 1].map((i) => this.partitions[i] ?? { capacity: 0, objects: [] });
    const numbers = [...values.map((one) => one.capacity - used(one)), ...values.map((one) => one.capacity)];
    numbers.forEach((value, i) => {
      view(out).setUint32(4 + i * 8, ((i + 1) << 16) | 4);
      view(out).setUint32(8 + i * 8, Math.floor(value / MIB));
    });
    return this.#answer(buffer, out, (cdb[7]! << 8) | cdb[8]!);
  }

  #attribute(cdb: Uint8Array, buffer: Uint8Array): number {
    const partition = this.partitions[cdb[7]!];
    if (this.options.hasAttributes === false) throw new Check({ key: 5, asc: 0x20 });
    if (partition === undefined) throw new Check(ILLEGAL_FIELD);
    const out = new Uint8Array(4 + 2 * 13);
    view(out).setUint32(0, 26);
    [partition.capacity - used(partition), partition.capacity].forEach((value, i) => {
      out.set([0, i, 0x80, 0, 8], 4 + i * 13);
      view(out).setBigUint64(9 + i * 13, BigInt(Math.floor(value / MIB)));
    });
    return this.#answer(buffer, out, view(cdb).getUint32(10));
  }

  #locate(block: number, partition: number): number {
    if (this.partitions[partition] === undefined) throw new Check(ILLEGAL_FIELD);
    this.#partition = partition;
    this.#at = Math.min(block, this.#objects.length);
    if (block > this.#objects.length) throw new Check({ key: 8, ascq: 5 });
    return 0;
  }

  #skipSetmarks(): void {
    while (!this.#reportSetmarks && this.#objects[this.#at] === 'setmark') this.#at++;
  }

  #read(fixed: boolean, length: number, buffer: Uint8Array): number {
    if (fixed !== (this.#blockLength !== 0)) throw new Check(ILLEGAL_FIELD);
    const count = fixed ? length : 1;
    let done = 0;
    for (let i = 0; i < count; i++) {
      this.#skipSetmarks();
      const object = this.#objects[this.#at];
      const information = fixed ? count - i : length;
      if (object === undefined) throw new Check({ key: 8, ascq: 5, information });
      this.#at++;
      if (object === 'filemark') throw new Check({ key: 0, ascq: 1, filemark: true, information });
      if (object === 'setmark') throw new Check({ key: 0, ascq: 3, filemark: true, information });
      const wanted = fixed ? this.#blockLength : length;
      buffer.set(object.subarray(0, wanted), done);
      done += Math.min(wanted, object.length);
      if (object.length !== wanted) throw new Check({ key: 0, ili: true, information: fixed ? information : wanted - object.length });
    }
    return done;
  }

  #write(fixed: boolean, length: number, buffer: Uint8Array): number {
    this.#mayWrite();
    if (fixed !== (this.#blockLength !== 0)) throw new Check(ILLEGAL_FIELD);
    const size = fixed ? this.#blockLength : length;
    const count = fixed ? length : 1;
    this.#objects.length = this.#at;
    let left = this.#current.capacity - used(this.#current);
    for (let i = 0; i < count; i++) {
      if (size > left) throw new Check({ key: 13, ascq: 2, eom: true, information: fixed ? count - i : length });
      this.#objects.push(buffer.slice(i * size, (i + 1) * size));
      this.#at++;
      left -= sizeOf(this.#objects.at(-1)!);
    }
    if (left < (this.options.earlyWarning ?? 0)) throw new Check({ key: 0, ascq: 2, eom: true, information: 0 });
    return buffer.length;
  }

  #writeMarks(setmarks: boolean, count: number): number {
    this.#mayWrite();
    if (setmarks && this.options.setmarks !== true) throw new Check(ILLEGAL_FIELD);
    if (count > 0) this.#objects.length = this.#at;
    for (let i = 0; i < count; i++) this.#objects.push(setmarks ? 'setmark' : 'filemark');
    this.#at += count;
    const isNear = this.#current.capacity - used(this.#current) < (this.options.earlyWarning ?? 0);
    if (isNear) throw new Check({ key: 0, ascq: 2, eom: true, information: 0 });
    return 0;
  }

  #space(code: number, count: number): number {
    if (code === 3) {
      this.#at = this.#objects.length;
      return 0;
    }
    if (code > 5) throw new Check(ILLEGAL_FIELD);
    const step = Math.sign(count);
    const mark: TapeObject | undefined = code === 0 ? undefined : code < 3 ? 'filemark' : 'setmark';
    const isRow = code === 2 || code === 5;
    let left = Math.abs(count);
    let row = 0;
    while (left > 0) {
      const object = this.#objects[step > 0 ? this.#at : this.#at - 1];
      if (object === undefined) {
        const information = isRow ? Math.abs(count) : left;
        throw new Check(step > 0 ? { key: 8, ascq: 5, information } : { key: 0, asc: 0, ascq: 4, eom: true, information });
      }
      this.#at += step;
      if (object === 'setmark' && !this.#reportSetmarks) continue;
      if (isRow) {
        row = object === mark ? row + 1 : 0;
        if (row === left) return 0;
      } else if (mark === undefined) {
        if (object === 'filemark') throw new Check({ key: 0, ascq: 1, filemark: true, information: left });
        if (object === 'setmark') throw new Check({ key: 0, ascq: 3, filemark: true, information: left });
        left--;
      } else if (object === mark) left--;
      else if (object === 'setmark' && mark === 'filemark') throw new Check({ key: 0, ascq: 3, filemark: true, information: left });
    }
    return 0;
  }
}
