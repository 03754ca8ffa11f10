import { FormatError, StreamId, Xor32, type BackupStreamHeader, type StoredStreams } from '@winback/core';
import { peekBlock, type BlockHead } from './block-head.js';
import { MediaAttribute, WinbackStreamId } from './constants.js';
import type { FileWindow } from './file-window.js';
import { decodeFrame, FRAME_HEADER_SIZE, FrameReader } from './frame-reader.js';
import { AlternateStream, ChecksumStream, SparseStream, StreamHeader, WinbackStream } from './layout/index.js';
import {
  dataEnd,
  isLzs,
  nextStreamAt,
  peekStream,
  STREAM_HEADER_SIZE,
  streamProblem,
  streamTooLong,
  type StreamHead,
} from './stream-head.js';
import { fromFsAttributes, MEDIA_KEPT, streamIdOf } from './stream-ids.js';
import { decodeStoredHeader } from './stored-header.js';

/** Names of alternate streams have at most 255 characters; this leaves room for anything that may have been meant. */
const NAME_LIMIT = 65_536;
const HEADER_LIMIT = 1 << 20;
/** Read at once of a stream whose length has to be found out. */
const MEASURE = 65_536;

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
  /** Bytes that `readInto` has still to give. */
  #left = 0;
  #checked = true;
  readonly #sum = new Xor32();
  /** Where the next stream stands is found only when this part, and those behind it, are passed. */
  #open: StreamHead | undefined;
  /** Present while a compressed stream is read. */
  #frames: FrameReader | undefined;
  #frameReader: FrameReader | undefined;
  readonly #plainSum = new Xor32();

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

  /** Bytes of the current stream that are still to come. */
  get left(): number {
    return this.#left;
  }

  /** Leaves a damaged stream behind, so that the next one can be asked for. */
  goOn(): void {
    this.#error = undefined;
  }

  begin(block: Pick<BlockHead, 'at' | 'offsetToFirstEvent'>): void {
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
    this.#open = undefined;
    this.#frames = undefined;
    this.#next = block.at + Math.max(block.offsetToFirstEvent, 4);
  }

  /** The header of the next stream that is neither padding nor a checksum. @throws FORMAT_* */
  nextRaw(): StreamHead | undefined {
    if (this.#error) throw this.#error;
    this.#stream = undefined;
    this.#segment = undefined;
    this.#left = 0;
    this.#frames = undefined;
    const open = this.#open;
    this.#open = undefined;
    if (open) this.#next = this.#pastOf(open).at;
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
      const isCompressed = isLzs(head) && head.id !== 'CSUM' && head.id !== 'CRPT';
      // How long a compressed stream is, its first frame says: its parts need not be looked for.
      const remaining = isCompressed ? this.#remaining(head) : 0;
      if (remaining > 0) this.#open = head;
      const past = remaining > 0 ? { at: this.#next, total: remaining } : this.#pastOf(head);
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
        if (isCompressed) this.#beginFrames(head, remaining);
        return head;
      }
    }
    return undefined;
  }

  /** Plain bytes of a compressed stream, as its first frame says; 0 when it does not. */
  #remaining(head: StreamHead): number {
    const i = head.length < FRAME_HEADER_SIZE ? -1 : this.window.fill(head.at + STREAM_HEADER_SIZE, FRAME_HEADER_SIZE);
    if (i < 0) return 0;
    try {
      return decodeFrame(this.window.bytes.subarray(i, i + FRAME_HEADER_SIZE), head.at + STREAM_HEADER_SIZE).remaining;
    } catch (error) {
      if (error instanceof FormatError) return 0; // met again, and thrown, when the stream is read
      throw error;
    }
  }

  #beginFrames(head: StreamHead, remaining: number): void {
    const frames = (this.#frameReader ??= new FrameReader());
    const begin = (): void => {
      const at = (): number => this.#at;
      const read = (into: Uint8Array): number => this.#readStored(into);
      frames.begin({
        read,
        get at() {
          return at();
        },
      });
    };
    begin();
    this.#plainSum.reset();
    this.#frames = frames;
    if (remaining > 0) return;
    // Its writer did not know the length: the stream is read twice.
    const buffer = new Uint8Array(MEASURE);
    this.#left = 0;
    for (let n = this.#readFrames(buffer); n > 0; n = this.#readFrames(buffer)) this.#left += n;
    this.#segment = head;
    this.#at = head.at + STREAM_HEADER_SIZE;
    this.#sum.reset();
    this.#plainSum.reset();
    begin();
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
      this.#endStream();
      return 0;
    }
    if (buffer.length === 0) return 0;
    const wanted = buffer.length <= this.#left ? buffer : buffer.subarray(0, this.#left);
    const n = this.#frames ? this.#readFrames(wanted) : this.#readStored(wanted);
    if (n === 0) {
      const place = { struct: StreamHeader.name, field: 'length', offset: this.#at };
      this.#fail(new FormatError('FORMAT_SHORT', `the stream ended; ${this.#left} bytes of it are missing`, place));
    }
    this.#left -= n;
    return n;
  }

  /** Bytes of the current stream as they stand in the file; 0 at its end. */
  #readStored(buffer: Uint8Array): number {
    let segment = this.#segment;
    if (!segment) return 0;
    let room = dataEnd(segment) - this.#at;
    while (room === 0) {
      const following = this.#following(segment);
      if (!following) {
        if (this.#open) this.#next = nextStreamAt(segment);
        this.#open = undefined;
        return 0;
      }
      segment = this.#segment = following;
      if (this.#open) this.#open = following;
      this.#at = following.at + STREAM_HEADER_SIZE;
      room = following.length;
    }
    const n = this.window.read(this.#at, room >= buffer.length ? buffer : buffer.subarray(0, room));
    if (n === 0) {
      const place = { struct: StreamHeader.name, field: 'length', offset: this.#at };
      this.#lost(new FormatError('FORMAT_SHORT', `the file ended inside a stream of which ${room} bytes are missing`, place));
    }
    if (!this.#checked) this.#sum.update(n === buffer.length ? buffer : buffer.subarray(0, n));
    this.#at += n;
    return n;
  }

  #readFrames(buffer: Uint8Array): number {
    try {
      const n = this.#frames?.readInto(buffer) ?? 0;
      if (!this.#checked) this.#plainSum.update(n === buffer.length ? buffer : buffer.subarray(0, n));
      return n;
    } catch (error) {
      if (error instanceof FormatError && this.#error === undefined) this.#fail(error);
      throw error;
    }
  }

  #endStream(): void {
    const stream = this.#stream;
    if (this.#frames && stream) {
      const buffer = new Uint8Array(1);
      if (this.#readFrames(buffer) > 0) {
        const text = `the frames of ${stream.id} hold more bytes than its first one says`;
        this.#fail(new FormatError('FORMAT_STRUCTURE', text, { struct: stream.id, offset: stream.at }));
      }
      this.#frames = undefined;
    }
    if (!this.#checked) this.#check();
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
    let total = head.length;
    let last = head;
    for (let part = this.#following(head); part; part = this.#following(part)) {
      total += part.length;
      last = part;
    }
    return { at: nextStreamAt(last), total };
  }

  /** The next part of a stream of variable length; undefined behind the last one. */
  #following(part: StreamHead): StreamHead | undefined {
    if ((part.mediaAttributes & MediaAttribute.VARIABLE) === 0 || (part.mediaAttributes & MediaAttribute.VAR_END) !== 0) return undefined;
    const at = nextStreamAt(part);
    const following = peekStream(this.window, at);
    if (!following) this.#lost(streamProblem(this.window, at));
    if (following.id !== part.id || (following.mediaAttributes & MediaAttribute.VARIABLE) === 0) {
      const place = { struct: StreamHeader.name, field: 'id', offset: at, expected: part.id, actual: following.id };
      this.#lost(new FormatError('FORMAT_STRUCTURE', `${part.id} of variable length is not ended before ${following.id}`, place));
    }
    if (dataEnd(following) > this.window.size) this.#lost(streamTooLong(this.window, following));
    return following;
  }

  /** Streams that hold something else than their bytes are named, never given as if they were plain. */
  #refuse(head: StreamHead): void {
    const { id, at, mediaAttributes, compressionAlgorithm } = head;
    const place = { struct: StreamHeader.name, field: 'mediaAttributes', offset: at, actual: mediaAttributes };
    const because = (what: string): void => {
      this.#fail(new FormatError('FORMAT_UNSUPPORTED', `${id} ${what}`, place, { hint: 'the other files of the set can be read' }));
    };
    if ((mediaAttributes & MediaAttribute.ENCRYPTED) !== 0) because('is encrypted');
    if ((mediaAttributes & MediaAttribute.COMPRESSED) !== 0 && !isLzs(head))
      because(`is compressed in a way that is not known (algorithm 0x${compressionAlgorithm.toString(16)})`);
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
    // The format does not say whether a compressed stream's checksum is that of the frames or of what they hold.
    const isOfPlain = isLzs(stream) && expected === this.#plainSum.digest();
    if (expected !== actual && !isOfPlain) {
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
