import { FormatError, StreamId, Xor32, type BackupStreamHeader, type StoredStreams } from '@winback/core';
import { peekBlock, type BlockHead } from './block-head.js';
import { MediaAttribute, WinbackStreamId } from './constants.js';
import type { FileWindow } from './file-window.js';
import { AlternateStream, ChecksumStream, SparseStream, StreamHeader, WinbackStream } from './layout/index.js';
import { dataEnd, nextStreamAt, peekStream, STREAM_HEADER_SIZE, streamProblem, streamTooLong, type StreamHead } from './stream-head.js';
import { fromFsAttributes, MEDIA_KEPT, streamIdOf } from './stream-ids.js';
import { decodeStoredHeader } from './stored-header.js';

/** Names of alternate streams have at most 255 characters; this leaves room for anything that may have been meant. */
const NAME_LIMIT = 65_536;
const HEADER_LIMIT = 1 << 20;

/** The streams of one block, read in order. Every checksum is checked once all bytes that it covers were read. */
export class BlockStreams implements StoredStreams {
  /** Ids of the block's streams so far, checksums among them, as CFIL blocks count them. */
  readonly ids: string[] = [];
  /** Streams that the backup itself marked as corrupt. */
  readonly marked: string[] = [];
  /** Where the block after this one stands, once the last stream was passed. */
  end: number | undefined;
  /** Where nothing can be made out any more. */
  failedAt: number | undefined;
  #error: FormatError | undefined;
  /** Where the next stream header stands. */
  #next = 0;
  #stream: StreamHead | undefined;
  #unread: StreamHead | undefined;
  /** The part of the stream being read: a stream of variable length comes in several. */
  #segment: StreamHead | undefined;
  #at = 0;
  #left = 0;
  #checked = true;
  readonly #sum = new Xor32();

  constructor(
    private readonly window: FileWindow,
    private readonly note: (error: FormatError) => void,
    /** Called by `next` when it has given the last stream. */
    private readonly ended: () => void = () => undefined,
  ) {}

  /** How far reading has come. */
  get at(): number {
    return this.#at;
  }

  begin(block: BlockHead): void {
    this.ids.length = 0;
    this.marked.length = 0;
    this.end = undefined;
    this.failedAt = undefined;
    this.#error = undefined;
    this.#stream = undefined;
    this.#unread = undefined;
    this.#segment = undefined;
    this.#left = 0;
    this.#checked = true;
    this.#next = block.at + Math.max(block.offsetToFirstEvent, 4);
  }

  /** The header of the next stream that is neither padding nor a checksum. @throws FORMAT_* */
  nextRaw(): StreamHead | undefined {
    if (this.#error) throw this.#error;
    this.#stream = undefined;
    this.#segment = undefined;
    this.#left = 0;
    while (this.end === undefined) {
      const { window } = this;
      const head = peekStream(window, this.#next);
      if (!head) {
        // Writers of MTF 1.0 let a block without streams lead straight to the next block.
        if (peekBlock(window, this.#next)) {
          this.end = this.#next;
          break;
        }
        this.#lost(streamProblem(window, this.#next));
      }
      this.ids.push(head.id);
      if (head.id === 'SPAD') {
        this.end = dataEnd(head);
        break;
      }
      if (dataEnd(head) > window.size) this.#lost(streamTooLong(window, head));
      const past = this.#pastOf(head);
      this.#next = past.at;
      if (head.id === 'CRPT') this.marked.push(this.ids.at(-2) ?? '');
      else if (head.id !== 'CSUM') {
        this.#refuse(head);
        this.#stream = head;
        this.#segment = head;
        this.#at = head.at + STREAM_HEADER_SIZE;
        this.#left = past.total;
        this.#sum.reset();
        this.#checked = (head.mediaAttributes & MediaAttribute.CHECKSUMED) === 0;
        return head;
      }
    }
    return undefined;
  }

  /** Gives the stream that `nextRaw` gave last to `next`. */
  unread(head: StreamHead): void {
    this.#unread = head;
  }

  next(): BackupStreamHeader | undefined {
    const raw = this.#unread ?? this.nextRaw();
    this.#unread = undefined;
    if (raw) return this.#headerOf(raw);
    this.ended();
    return undefined;
  }

  readInto(buffer: Uint8Array): number {
    if (this.#error) throw this.#error;
    if (this.#left === 0) {
      if (!this.#checked) this.#check();
      return 0;
    }
    if (buffer.length === 0) return 0;
    const segment = this.#segment;
    let room = segment ? dataEnd(segment) - this.#at : 0;
    while (room === 0 && this.#segment) room = this.#nextSegment(this.#segment);
    const wanted = Math.min(buffer.length, room, this.#left);
    const n = this.window.read(this.#at, wanted === buffer.length ? buffer : buffer.subarray(0, wanted));
    if (n === 0) {
      const place = { struct: StreamHeader.name, field: 'length', offset: this.#at };
      this.#lost(new FormatError('FORMAT_SHORT', `the file ended inside a stream of which ${this.#left} bytes are missing`, place));
    }
    if (!this.#checked) this.#sum.update(buffer.subarray(0, n));
    this.#at += n;
    this.#left -= n;
    return n;
  }

  /** Makes the streams unreadable, for a reason found in what they hold. */
  reject(error: FormatError): void {
    if (this.#error === error) return;
    this.#error = error;
    this.note(error);
  }

  /** All bytes of the current stream, checked. @throws FORMAT_RANGE when they are more than `limit` */
  readAll(limit: number): Buffer {
    const stream = this.#stream;
    const length = this.#left;
    if (stream && length > limit) {
      this.#fail(
        new FormatError('FORMAT_RANGE', `${stream.id} claims ${length} bytes`, {
          struct: stream.id,
          offset: stream.at,
          expected: `at most ${limit}`,
          actual: length,
        }),
      );
    }
    const bytes = this.#take(length);
    this.readInto(bytes);
    return bytes;
  }

  /** Skips to the end; where the next block stands, or undefined when that cannot be made out. */
  finish(): number | undefined {
    while (this.end === undefined && this.failedAt === undefined) {
      this.#error = undefined;
      try {
        this.nextRaw();
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    return this.end;
  }

  /** What follows a stream, its further parts included, and how many bytes there are in all. */
  #pastOf(head: StreamHead): { at: number; total: number } {
    let at = nextStreamAt(head);
    let total = head.length;
    if ((head.mediaAttributes & MediaAttribute.VARIABLE) === 0) return { at, total };
    for (let part = head; (part.mediaAttributes & MediaAttribute.VAR_END) === 0;) {
      const following = peekStream(this.window, at);
      if (!following) this.#lost(streamProblem(this.window, at));
      if (following.id !== head.id || (following.mediaAttributes & MediaAttribute.VARIABLE) === 0) {
        const place = { struct: StreamHeader.name, field: 'id', offset: at, expected: head.id, actual: following.id };
        this.#lost(new FormatError('FORMAT_STRUCTURE', `${head.id} of variable length is not ended before ${following.id}`, place));
      }
      if (dataEnd(following) > this.window.size) this.#lost(streamTooLong(this.window, following));
      part = following;
      total += part.length;
      at = nextStreamAt(part);
    }
    return { at, total };
  }

  #nextSegment(segment: StreamHead): number {
    const following = peekStream(this.window, nextStreamAt(segment));
    if (!following) this.#lost(streamProblem(this.window, nextStreamAt(segment)));
    this.#segment = following;
    this.#at = following.at + STREAM_HEADER_SIZE;
    return following.length;
  }

  /** Streams that hold something else than their bytes are named, never given as if they were plain. */
  #refuse({ id, at, mediaAttributes, compressionAlgorithm }: StreamHead): void {
    const place = { struct: StreamHeader.name, field: 'mediaAttributes', offset: at, actual: mediaAttributes };
    const because = (what: string): void => {
      this.#fail(new FormatError('FORMAT_UNSUPPORTED', `${id} ${what}`, place, { hint: 'the other files of the set can be read' }));
    };
    if ((mediaAttributes & MediaAttribute.COMPRESSED) !== 0) because(`is compressed (algorithm 0x${compressionAlgorithm.toString(16)})`);
    if ((mediaAttributes & MediaAttribute.ENCRYPTED) !== 0) because('is encrypted');
    if ((mediaAttributes & MediaAttribute.CONTINUE) !== 0) because('goes on from an earlier medium');
  }

  #headerOf(raw: StreamHead): BackupStreamHeader {
    const { id, fsAttributes } = raw;
    const attributes = fromFsAttributes(fsAttributes);
    const streamId = streamIdOf.get(id);
    if (id === WinbackStreamId.STREAM) return this.#stored(raw);
    if (streamId === undefined) {
      const foreign = { format: 'mtf', id, attributes: (fsAttributes | ((raw.mediaAttributes & MEDIA_KEPT) << 16)) >>> 0 };
      return { id: 0, attributes: 0, length: this.#left, foreign };
    }
    if (streamId === StreamId.ALTERNATE_DATA) {
      const { nameSize } = AlternateStream.decode(this.#prefix(AlternateStream.size, raw), 0, raw.at);
      if (nameSize > NAME_LIMIT)
        this.#fail(
          new FormatError('FORMAT_RANGE', `the stream's name claims ${nameSize} bytes`, {
            struct: 'ADAT',
            field: 'nameSize',
            offset: raw.at + STREAM_HEADER_SIZE,
            actual: nameSize,
          }),
        );
      const name = this.#prefix(nameSize, raw).toString('utf16le', 0, nameSize & ~1);
      return { id: streamId, attributes, length: this.#left, name };
    }
    if (streamId === StreamId.SPARSE_BLOCK) {
      const { offset } = this.#decode(() => SparseStream.decode(this.#prefix(SparseStream.size, raw), 0, raw.at + STREAM_HEADER_SIZE));
      return { id: streamId, attributes, length: this.#left, offset };
    }
    return { id: streamId, attributes, length: this.#left };
  }

  #stored(raw: StreamHead): BackupStreamHeader {
    const { headerSize } = WinbackStream.decode(this.#prefix(WinbackStream.size, raw), 0, raw.at);
    if (headerSize > HEADER_LIMIT)
      this.#fail(
        new FormatError('FORMAT_RANGE', `the header claims ${headerSize} bytes`, {
          struct: 'WBST',
          field: 'headerSize',
          offset: raw.at,
          actual: headerSize,
        }),
      );
    const json = this.#prefix(headerSize, raw);
    return { ...this.#decode(() => decodeStoredHeader(json, raw.at)), length: this.#left };
  }

  #decode<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      if (error instanceof FormatError) this.#fail(error);
      throw error;
    }
  }

  /** Bytes of the current stream that are no content. */
  #prefix(length: number, raw: StreamHead): Buffer {
    if (length > this.#left) {
      this.#fail(
        new FormatError('FORMAT_SHORT', `${raw.id} needs ${length} bytes more, it has ${this.#left}`, {
          struct: raw.id,
          offset: raw.at,
          expected: length,
          actual: this.#left,
        }),
      );
    }
    return this.#take(length);
  }

  #take(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length;) at += this.readInto(bytes.subarray(at));
    return bytes;
  }

  #check(): void {
    this.#checked = true;
    const stream = this.#stream;
    const head = peekStream(this.window, this.#next);
    const place = { struct: 'CSUM', offset: this.#next };
    if (!stream) return;
    if (head?.id !== 'CSUM' || head.length !== ChecksumStream.size) {
      this.#fail(
        new FormatError('FORMAT_STRUCTURE', `no checksum follows ${stream.id}, which says that one does`, { ...place, actual: head?.id }),
      );
    }
    const i = this.window.fill(head.at + STREAM_HEADER_SIZE, ChecksumStream.size);
    if (i < 0) this.#lost(streamTooLong(this.window, head));
    const expected = this.window.view.getUint32(i, true);
    const actual = this.#sum.digest();
    if (expected !== actual) {
      const text = `the bytes of ${stream.id} have checksum 0x${actual.toString(16)}, 0x${expected.toString(16)} was kept`;
      this.#fail(new FormatError('FORMAT_CHECKSUM', text, { struct: stream.id, offset: stream.at + STREAM_HEADER_SIZE, expected, actual }));
    }
  }

  /** What is wrong with one stream; those behind it can still be found. */
  #fail(error: FormatError): never {
    this.#error = error;
    this.note(error);
    throw error;
  }

  /** Damage behind which nothing of the block can be made out. */
  #lost(error: FormatError): never {
    this.failedAt = this.#next;
    this.#fail(error);
  }
}
