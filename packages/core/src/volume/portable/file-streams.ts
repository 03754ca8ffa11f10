import { constants } from 'node:os';
import { describeErrno } from '../../errors/index.js';
import type { FileEntry } from '../../facts/file-entry.js';
import { libc, Seek } from '../../ffi/libc.js';
import type { BackupStreamHeader, BackupStreamSource, StreamFault } from '../../streams/backup-stream.js';
import { factStreams } from '../../streams/fact-streams.js';
import type { MemoryStream } from '../../streams/memory-streams.js';
import { StreamAttribute, StreamId } from '../../streams/stream-id.layout.js';

const { EINTR, ENXIO } = constants.errno;
/** What a disk error costs: the rest of one page, after which reading goes on. */
const UNREADABLE_STEP = 4096;

const State = { FACTS: 0, CONTENT: 1, BLOCKS: 2, DONE: 3 } as const;
type State = (typeof State)[keyof typeof State];

/** How a file system is read that does not do what others do. */
export interface ReadingWays {
  /** Where it does not tell holes: the first range with data from a place on, within the size. */
  readonly findData?: (fd: number, from: number, size: number) => { readonly begin: number; readonly end: number };
  /** Reads in another way what could not be read; answers how much, or -1. */
  readonly readAgain?: (fd: number, into: Uint8Array, position: number) => number;
}

/**
 * The backup streams of an open regular file: its facts, then its bytes as one DATA stream, or, when it has holes, as the ranges
 * that hold data. Ranges are asked for one at a time, so that a file of a million takes no memory. The file's size is what it was
 * when it was opened.
 */
export class FileStreams implements BackupStreamSource {
  readonly #faults: StreamFault[] = [];
  readonly #facts: MemoryStream[];
  readonly #libc = libc();
  #fd: number;
  #state: State = State.FACTS;
  #number = 0;
  /** Within a stream of facts. */
  #fact: Uint8Array | undefined;
  #at = 0;
  /** The content of the current stream: from `#begin` to `#end` in the file, read up to `#position`. */
  #begin = 0;
  #position = 0;
  #end = 0;
  /** Where in the file the last unreadable stretch ended. */
  #unreadableTo = -1;
  #shrunk = false;

  constructor(
    fd: number,
    private readonly entry: FileEntry,
    private readonly sparse: boolean,
    private readonly closed: () => void,
    private readonly ways: ReadingWays = {},
  ) {
    this.#fd = fd;
    this.#facts = factStreams(entry);
  }

  get faults(): readonly StreamFault[] {
    return this.#faults;
  }

  next(): BackupStreamHeader | undefined {
    const { size } = this.entry;
    if (this.#state === State.FACTS) {
      const fact = this.#facts[this.#number++];
      if (fact) {
        this.#fact = fact.data;
        this.#at = 0;
        const { data, ...header } = fact;
        return { ...header, length: data.length };
      }
      this.#fact = undefined;
      this.#state = this.sparse ? State.BLOCKS : State.DONE;
      if (this.sparse) return { id: StreamId.DATA, attributes: StreamAttribute.SPARSE, length: 0 };
      this.#setRange(0, size);
      return { id: StreamId.DATA, attributes: 0, length: size };
    }
    if (this.#state !== State.BLOCKS) {
      this.#setRange(0, 0);
      return undefined;
    }
    this.#number++;
    this.#findRange(size);
    if (this.#begin === size) this.#state = State.DONE; // the empty block that says how long the file is
    return { id: StreamId.SPARSE_BLOCK, attributes: StreamAttribute.SPARSE, length: this.#end - this.#begin, offset: this.#begin };
  }

  readInto(buffer: Uint8Array): number {
    if (this.#fact) return this.#readFact(this.#fact, buffer);
    const wanted = Math.min(buffer.length, this.#end - this.#position);
    if (wanted <= 0) return 0;
    const given = this.#shrunk ? this.#zeros(buffer, wanted) : this.#readFile(buffer, wanted);
    this.#position += given;
    return given;
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#libc.close(this.#fd);
    this.#fd = -1;
    this.closed();
  }

  #setRange(begin: number, end: number): void {
    this.#begin = this.#position = begin;
    this.#end = end;
  }

  /** The next range that holds data, behind the current one; at `size` when there is none. */
  #findRange(size: number): void {
    const from = this.#end;
    const { findData } = this.ways;
    if (findData && from < size) {
      const { begin, end } = findData(this.#fd, from, size);
      this.#setRange(begin, end);
      return;
    }
    const data = from < size ? this.#libc.lseek(this.#fd, from, Seek.DATA) : size;
    if (data < 0 && this.#libc.errno() !== ENXIO) {
      this.#setRange(from, size); // no answer: all of the rest, as it reads
      return;
    }
    if (data < 0 || data >= size) {
      this.#setRange(size, size);
      return;
    }
    const hole = this.#libc.lseek(this.#fd, data, Seek.HOLE);
    this.#setRange(data, hole > data && hole < size ? hole : size);
  }

  #readFact(fact: Uint8Array, buffer: Uint8Array): number {
    const n = Math.min(buffer.length, fact.length - this.#at);
    buffer.set(n === fact.length ? fact : fact.subarray(this.#at, this.#at + n));
    this.#at += n;
    return n;
  }

  #readFile(buffer: Uint8Array, wanted: number): number {
    for (;;) {
      const n = this.#libc.pread(this.#fd, buffer, wanted, this.#position);
      if (n > 0) return n;
      if (n === 0) {
        this.#shrunk = true;
        this.#fault('length-changed', `the file ends at byte ${this.#position}, not at ${this.entry.size} as when it was opened`);
        return this.#zeros(buffer, wanted);
      }
      const errno = this.#libc.errno();
      if (errno === EINTR) continue;
      const again = this.ways.readAgain?.(this.#fd, buffer.subarray(0, wanted), this.#position) ?? -1;
      if (again > 0) return again;
      const step = Math.min(wanted, UNREADABLE_STEP - (this.#position % UNREADABLE_STEP));
      if (this.#unreadableTo !== this.#position)
        this.#fault('unreadable', `reading at byte ${this.#position} failed: ${describeErrno(errno)}`);
      this.#unreadableTo = this.#position + step;
      return this.#zeros(buffer, step);
    }
  }

  #zeros(buffer: Uint8Array, length: number): number {
    buffer.fill(0, 0, length);
    return length;
  }

  #fault(kind: StreamFault['kind'], message: string): void {
    this.#faults.push({ kind, streamNumber: this.#number, offset: this.#position - this.#begin, message });
  }
}
