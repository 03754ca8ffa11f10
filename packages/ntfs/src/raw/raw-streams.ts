import {
  isWinbackError,
  StreamAttribute,
  StreamId,
  type BackupStreamHeader,
  type BackupStreamSource,
  type MemoryStream,
  type StreamFault,
} from '@winback/core';
import type { Content } from './content.js';
import type { StoredStream } from './stored-stream.js';

/** What a place that cannot be read costs: the rest of these many bytes, after which reading goes on. */
const UNREADABLE_STEP = 4096;

/** The backup streams of one file: its facts, then its data streams, each as a whole or as the ranges that hold data. */
export class RawStreams implements BackupStreamSource {
  readonly #faults: StreamFault[] = [];
  #nextFact = 0;
  #nextStream = 0;
  #number = 0;
  /** Within a stream of facts. */
  #fact: Uint8Array | undefined;
  #factAt = 0;
  /** The content that is being read: from `#begin` to `#end`, read up to `#position`. */
  #stream: StoredStream | undefined;
  #begin = 0;
  #position = 0;
  #end = 0;
  /** Whether the block that says how long a sparse stream is was given. */
  #ended = true;
  #unreadableTo = -1;

  constructor(
    private readonly facts: readonly MemoryStream[],
    private readonly streams: readonly StoredStream[],
  ) {}

  get faults(): readonly StreamFault[] {
    return this.#faults;
  }

  next(): BackupStreamHeader | undefined {
    const fact = this.facts[this.#nextFact];
    if (fact) {
      this.#nextFact++;
      this.#number++;
      this.#fact = fact.data;
      this.#factAt = 0;
      const { id, attributes, foreign, data } = fact;
      return foreign ? { id, attributes, foreign, length: data.length } : { id, attributes, length: data.length };
    }
    this.#fact = undefined;
    const ranges = this.#stream?.ranges;
    if (ranges && !this.#ended) return this.#nextBlock(ranges.next());
    this.#stream = this.streams[this.#nextStream++];
    const stream = this.#stream;
    this.#setRange(0, 0);
    if (!stream) return undefined;
    this.#number++;
    if (stream.ranges) {
      this.#ended = false;
      return { id: stream.id, name: stream.name, attributes: StreamAttribute.SPARSE, length: 0 };
    }
    this.#setRange(0, stream.content.size);
    return { id: stream.id, name: stream.name, attributes: 0, length: stream.content.size };
  }

  readInto(buffer: Uint8Array): number {
    if (this.#fact) {
      const piece = this.#fact.subarray(this.#factAt, this.#factAt + buffer.length);
      buffer.set(piece);
      this.#factAt += piece.length;
      return piece.length;
    }
    const wanted = Math.min(buffer.length, this.#end - this.#position);
    if (wanted <= 0 || !this.#stream) return 0;
    const given = this.#read(this.#stream.content, wanted === buffer.length ? buffer : buffer.subarray(0, wanted));
    this.#position += given;
    return given;
  }

  close(): void {
    this.#setRange(0, 0);
    this.#fact = undefined;
  }

  #nextBlock({ value, done }: IteratorResult<{ begin: number; end: number }, unknown>): BackupStreamHeader {
    const size = this.#stream?.content.size ?? 0;
    if (done === true) {
      this.#ended = true;
      this.#setRange(size, size);
    } else this.#setRange(value.begin, value.end);
    this.#number++;
    return { id: StreamId.SPARSE_BLOCK, attributes: StreamAttribute.SPARSE, length: this.#end - this.#begin, offset: this.#begin };
  }

  #setRange(begin: number, end: number): void {
    this.#begin = this.#position = begin;
    this.#end = end;
  }

  #read(content: Content, buffer: Uint8Array): number {
    try {
      return content.readAt(this.#position, buffer);
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      return this.#readInSteps(content, buffer);
    }
  }

  /** All that can be read of a stretch in which something cannot. */
  #readInSteps(content: Content, buffer: Uint8Array): number {
    for (let done = 0; done < buffer.length;) {
      const position = this.#position + done;
      const step = Math.min(buffer.length - done, UNREADABLE_STEP - (position % UNREADABLE_STEP));
      try {
        done += content.readAt(position, buffer.subarray(done, done + step));
      } catch (error) {
        if (!isWinbackError(error)) throw error;
        if (this.#unreadableTo !== position || position === this.#begin) {
          this.#faults.push({ kind: 'unreadable', streamNumber: this.#number, offset: position - this.#begin, message: error.message });
        }
        this.#unreadableTo = position + step;
        buffer.fill(0, done, done + step);
        done += step;
      }
    }
    return buffer.length;
  }
}
