import { FormatError, isWinbackError, type WinbackError } from '@winback/core';
import { SECTOR, type Item } from '../content/item.js';
import type { ByteFeed } from '../flow/byte-feed.js';
import type { Steps } from '../flow/steps.js';
import { EFS_METADATA_LIMIT } from '../metadata/limits.js';
import { MissingRanges } from './missing-ranges.js';
import { EncryptedDataInfo, MarshaledStream, RawHeader, StreamSegment } from './robs.layout.js';
import { decodeSegment, infoLength, type EncryptedSegment } from './segment.js';
import { isMetadataName, streamName } from './stream-name.js';

/** NTFS lets a name have 255 characters; this leaves room for anything that may have been meant. */
const NAME_LIMIT = 65_536;
/** An encrypted segment's header with as many block sizes as can be counted. */
const INFO_LIMIT = EncryptedDataInfo.size + 4 * 0xffff + 64;
const PIECE = 256 * 1024;
const STREAM_SIGNATURE = Buffer.from('N\0T\0F\0S\0', 'latin1');
const SEGMENT_SIGNATURE = Buffer.from('G\0U\0R\0E\0', 'latin1');
const SIGNATURE_AT = 4;
const SIGNATURE_END = SIGNATURE_AT + 8;

/** A stream as far as it was read. */
interface Open {
  readonly kind: 'metadata' | 'encrypted' | 'plain' | 'lost';
  /** Where the next segment should begin. */
  expected: number;
  size: number;
  readonly missing: MissingRanges;
}

/**
 * Reads the raw transfer format. What is damaged is passed to the next segment that makes sense, and told as missing.
 * @throws FORMAT_* when the beginning or the metadata, without which nothing can be done, makes no sense
 */
export class RawReader {
  readonly #metadata: Uint8Array[] = [];
  #open: Open | undefined;
  /** What was met since the last segment that made sense. */
  #damage: WinbackError | undefined;

  constructor(private readonly feed: ByteFeed) {}

  *items(): Steps<Item> {
    const { feed } = this;
    yield* feed.fill(RawHeader.size);
    RawHeader.decode(feed.bytes);
    feed.take(RawHeader.size);
    while ((yield* feed.fill(SIGNATURE_END)) > 0) {
      const signature = feed.bytes.subarray(SIGNATURE_AT, SIGNATURE_END);
      try {
        if (STREAM_SIGNATURE.equals(signature)) {
          yield* this.#beginStream();
          continue;
        }
        if (SEGMENT_SIGNATURE.equals(signature)) {
          yield* this.#segment();
          continue;
        }
        const found = Buffer.from(signature).toString('hex');
        throw this.#wrong('FORMAT_STRUCTURE', StreamSegment.name, 'neither a stream nor a segment begins here', 'signature', found);
      } catch (error) {
        if (!isWinbackError(error) || !error.code.startsWith('FORMAT_') || !this.#open || this.#open.kind === 'metadata') throw error;
        this.#damage ??= error;
        yield* this.#findNext();
      }
    }
    yield* this.#endStream();
    if (!this.#open) throw this.#wrong('FORMAT_SHORT', MarshaledStream.name, 'there is no metadata stream');
  }

  #wrong(
    code: 'FORMAT_STRUCTURE' | 'FORMAT_SHORT' | 'FORMAT_RANGE',
    struct: string,
    problem: string,
    field?: string,
    actual?: unknown,
  ): FormatError {
    return new FormatError(code, problem, { struct, field, offset: this.feed.at, actual });
  }

  *#beginStream(): Steps<Item> {
    const { feed } = this;
    yield* feed.fill(MarshaledStream.size);
    const { length, flag, nameLength } = MarshaledStream.decode(feed.bytes, 0, feed.at);
    if (nameLength > NAME_LIMIT || length < MarshaledStream.size + nameLength || length > MarshaledStream.size + NAME_LIMIT)
      throw this.#wrong('FORMAT_RANGE', MarshaledStream.name, `a name of ${nameLength} bytes does not fit`, 'length', length);
    if ((yield* feed.fill(length)) < length) throw this.#wrong('FORMAT_SHORT', MarshaledStream.name, 'the name is not whole');
    const name = feed.bytes.slice(MarshaledStream.size, MarshaledStream.size + nameLength);
    const isMetadata = isMetadataName(name);
    if (isMetadata === (this.#open !== undefined))
      throw this.#wrong(
        'FORMAT_STRUCTURE',
        MarshaledStream.name,
        isMetadata ? 'a second metadata stream' : 'the metadata does not come first',
      );
    yield* this.#endStream();
    feed.take(length);
    if (!isMetadata) yield { type: 'stream', name: streamName(name), encrypted: flag === 0 };
    this.#open = {
      kind: isMetadata ? 'metadata' : flag === 0 ? 'encrypted' : 'plain',
      expected: 0,
      size: 0,
      missing: new MissingRanges(),
    };
  }

  *#endStream(): Steps<Item> {
    const open = this.#open;
    if (!open || open.kind === 'lost') {
      this.#damage = undefined;
      return;
    }
    if (open.kind === 'metadata') {
      if (this.#metadata.length === 0) throw this.#wrong('FORMAT_SHORT', MarshaledStream.name, 'the metadata stream is empty');
      yield { type: 'metadata', bytes: new Uint8Array(Buffer.concat(this.#metadata.splice(0))) };
      return;
    }
    for (const { begin, end, reason } of open.missing.ranges) yield { type: 'missing', begin, end, reason };
    if (this.#damage) yield { type: 'missing', begin: open.expected, end: open.expected, reason: this.#damage };
    this.#damage = undefined;
    yield { type: 'end', size: open.size };
  }

  *#segment(): Steps<Item> {
    const { feed } = this;
    const open = this.#open;
    if (!open) throw this.#wrong('FORMAT_STRUCTURE', StreamSegment.name, 'a segment comes before any stream');
    if ((yield* feed.fill(StreamSegment.size)) < StreamSegment.size)
      throw this.#wrong('FORMAT_SHORT', StreamSegment.name, 'its header is not whole');
    const { length } = StreamSegment.decode(feed.bytes, 0, feed.at);
    if (length < StreamSegment.size) throw this.#wrong('FORMAT_RANGE', StreamSegment.name, 'is shorter than its header', 'length', length);
    const left = length - StreamSegment.size;
    if (open.kind === 'metadata') yield* this.#metadataSegment(left);
    else if (open.kind === 'plain') yield* this.#plainSegment(open, left);
    else yield* this.#encryptedSegment(open, left);
  }

  *#metadataSegment(left: number): Steps<never> {
    const { feed } = this;
    const sum = this.#metadata.reduce((total, { length }) => total + length, left);
    if (sum > EFS_METADATA_LIMIT)
      throw this.#wrong(
        'FORMAT_RANGE',
        StreamSegment.name,
        `metadata of ${sum} bytes, at most ${EFS_METADATA_LIMIT} are allowed`,
        'length',
        sum,
      );
    if ((yield* feed.fill(StreamSegment.size + left)) < StreamSegment.size + left)
      throw this.#wrong('FORMAT_SHORT', StreamSegment.name, 'the metadata is not whole');
    this.#metadata.push(feed.bytes.slice(StreamSegment.size, StreamSegment.size + left));
    feed.take(StreamSegment.size + left);
  }

  *#plainSegment(open: Open, length: number): Steps<Item> {
    const { feed } = this;
    if (this.#damage) {
      // How much is lost nobody can tell: what follows is put where it would be without.
      open.missing.add(open.expected, open.expected, this.#damage);
      this.#damage = undefined;
    }
    feed.take(StreamSegment.size);
    for (let left = length; left > 0;) {
      const there = Math.min(yield* feed.fill(Math.min(left, PIECE)), left);
      if (there === 0) {
        this.#damage = this.#wrong('FORMAT_SHORT', StreamSegment.name, `${left} bytes of the segment are missing`);
        return;
      }
      yield { type: 'run', offset: open.expected, length: there, valid: there, data: feed.bytes.subarray(0, there) };
      feed.take(there);
      left -= there;
      open.expected += there;
      open.size = open.expected;
    }
  }

  *#encryptedSegment(open: Open, left: number): Steps<Item> {
    const { feed } = this;
    const least = StreamSegment.size + EncryptedDataInfo.size;
    if (left < EncryptedDataInfo.size || (yield* feed.fill(least)) < least)
      throw this.#wrong('FORMAT_SHORT', EncryptedDataInfo.name, 'the header of encrypted data is not whole');
    const size = infoLength(feed.bytes, StreamSegment.size);
    if (size < EncryptedDataInfo.size || size > left || size > INFO_LIMIT)
      throw this.#wrong('FORMAT_RANGE', EncryptedDataInfo.name, 'the header does not fit its segment', 'length', size);
    if ((yield* feed.fill(StreamSegment.size + size)) < StreamSegment.size + size)
      throw this.#wrong('FORMAT_SHORT', EncryptedDataInfo.name, 'the block sizes are not whole');
    const header = feed.bytes.subarray(StreamSegment.size, StreamSegment.size + size);
    const segment = decodeSegment(header, feed.at + StreamSegment.size, left - size);
    if (segment.start === 0 && open.expected > 0 && this.#damage && open.kind === 'encrypted') yield* this.#loseStream(open);
    const isHere = this.#belongs(this.#open ?? open, segment);
    feed.take(StreamSegment.size + size);
    if (isHere) yield* this.#blocks(open, segment);
    else yield* feed.skip(left - size);
  }

  /** The header of the stream that begins here was among what was damaged. */
  *#loseStream(open: Open): Steps<Item> {
    const error = this.#wrong('FORMAT_STRUCTURE', MarshaledStream.name, 'a stream begins here whose name is damaged; it is left out');
    open.missing.add(open.expected, open.expected, error);
    yield* this.#endStream();
    this.#open = { ...open, kind: 'lost' };
  }

  /** Whether a segment goes on with the stream, by where the ones before it ended. */
  #belongs(open: Open, { start, end, sizeEnd, sparse }: EncryptedSegment): boolean {
    if (open.kind === 'lost') return false;
    if (start < open.expected) {
      if (open.missing.fill(start, end)) return true;
      const problem = `bytes ${start} to ${end} come a second time; the first are kept`;
      open.missing.add(start, start, this.#wrong('FORMAT_STRUCTURE', EncryptedDataInfo.name, problem));
      return false;
    }
    if (start > open.expected && (this.#damage || !sparse)) {
      const problem = `the segment for byte ${open.expected} is missing`;
      open.missing.add(open.expected, start, this.#damage ?? this.#wrong('FORMAT_STRUCTURE', EncryptedDataInfo.name, problem));
    } else if (this.#damage) open.missing.add(start, start, this.#damage);
    this.#damage = undefined;
    open.expected = end;
    open.size = Math.max(open.size, sizeEnd);
    return true;
  }

  *#blocks(open: Open, { blocks, validEnd, sizeEnd }: EncryptedSegment): Steps<Item> {
    const { feed } = this;
    for (const { offset, length } of blocks) {
      for (let done = 0; done < length;) {
        const wanted = Math.min(length - done, PIECE);
        const there = Math.min(yield* feed.fill(wanted), wanted);
        const whole = there - (there % SECTOR);
        if (whole === 0) {
          const what = there === wanted ? `a block ends inside a sector` : `${length - done} bytes of a block are missing`;
          const reason = this.#wrong('FORMAT_SHORT', StreamSegment.name, what);
          open.missing.add(offset + done, Math.max(offset + done, sizeEnd), reason);
          feed.take(there);
          return;
        }
        const at = offset + done;
        const valid = Math.max(0, Math.min(whole, validEnd - at));
        yield { type: 'run', offset: at, length: whole, valid, data: feed.bytes.subarray(0, whole) };
        feed.take(whole);
        done += whole;
      }
    }
  }

  /** Goes to where the next stream or segment seems to begin. */
  *#findNext(): Steps<never> {
    const { feed } = this;
    feed.take(1);
    while ((yield* feed.fill(PIECE)) >= SIGNATURE_END) {
      const window = Buffer.from(feed.bytes.buffer, feed.bytes.byteOffset, feed.bytes.length);
      const found = [STREAM_SIGNATURE, SEGMENT_SIGNATURE]
        .map((signature) => window.indexOf(signature, SIGNATURE_AT))
        .filter((at) => at >= 0);
      if (found.length > 0) {
        feed.take(Math.min(...found) - SIGNATURE_AT);
        return;
      }
      feed.take(window.length - SIGNATURE_END + 1);
    }
    feed.take(feed.available);
  }
}
