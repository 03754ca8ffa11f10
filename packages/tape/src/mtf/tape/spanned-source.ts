import { FormatError, TargetError } from '@winback/core';
import { peekBlock } from '../block-head.js';
import { BlockAttribute, BlockType } from '../constants.js';
import { UnreadableBytes, type ByteSource } from '../byte-source.js';
import { readCartridge, type Cartridge } from './cartridge.js';
import { isLost, lostRest } from './lost-cartridge.js';
import type { ChangeCartridge } from './tape-medium.js';
import { TapeSource } from './tape-source.js';
import type { FileWindow } from '../file-window.js';

/** SSET, VOLB, DIRB and FILE. */
const REPEATED_MAX = 4;

/** A part of a set that is on one cartridge. */
interface Segment {
  readonly mediaSequence: number;
  /** Where it begins, and ends, among the bytes of all. Undefined: it is the last one. */
  readonly from: number;
  to: number | undefined;
  /** Another cartridge has the rest. */
  readonly goesOn: boolean;
  /** To be added for the place on the cartridge. */
  readonly shift: number;
  readonly source: ByteSource;
}

/**
 * A set on several cartridges as if it were on one: addresses go on over a change of cartridges, so the bytes behind the repeated blocks of the next
 * one follow those before the cut. Cartridges are asked for when they are needed.
 */
export class SpannedSource implements ByteSource {
  readonly name: string;
  /** Nobody knows before the last cartridge. */
  readonly size = Number.MAX_SAFE_INTEGER;
  readonly #segments: Segment[] = [];
  /** The number of the cartridge in the drive; 0: nobody knows. */
  #loaded: number;
  #lost: TargetError | undefined;

  /**
   * @param setAt where the set begins on the first cartridge
   * @param beginAt where its first block is there that is asked for: of a set that began earlier, `setAt` is where it would have begun
   */
  constructor(
    private cartridge: Cartridge,
    private readonly setAt: number,
    private readonly fixedBlockSize: number,
    private readonly change: ChangeCartridge,
    beginAt = setAt,
  ) {
    this.name = cartridge.drive.name;
    this.#loaded = cartridge.medium.mediaSequence;
    this.#segments.push(this.#segment(cartridge, beginAt, beginAt));
  }

  /** Why the set ends before its end: what is behind is on a cartridge that cannot be had. Known once it was asked for. */
  get lost(): TargetError | undefined {
    return this.#lost;
  }

  readAt(into: Uint8Array, offset: number, length: number, at: number): number {
    for (;;) {
      const segment = this.#segments.find(({ to }) => to === undefined || at < to) ?? this.#next();
      if (!segment) return 0;
      if (segment.to !== undefined && at >= segment.to) continue;
      this.#load(segment);
      const room = segment.to === undefined ? length : Math.min(length, segment.to - at);
      const n = readPart(segment, into, offset, room, at);
      if (n > 0 || !segment.goesOn || segment.to !== undefined) return n;
      if (!this.#next()) return 0;
    }
  }

  behindGap(at: number): number {
    const segment = this.#segments.find(({ to }) => to === undefined || at < to);
    if (!segment) return this.#lost ? this.size : at; // on a cartridge that was not asked for yet
    const native = at + segment.shift;
    return segment.source.behindGap?.(native) === native ? at : (segment.to ?? this.size);
  }

  close(): void {
    // The drive is its target's.
  }

  /** The part of the set that begins at `native` on a cartridge. */
  #segment(cartridge: Cartridge, native: number, from: number): Segment {
    const { marks, medium, window, blocks, end } = cartridge;
    const mark = marks.find((place) => place >= native);
    const goesOn = mark !== undefined && peekBlock(window, mark + medium.softSize)?.type === BlockType.EOTM;
    const shift = native - from;
    const source = new TapeSource(blocks, end, goesOn ? 'end' : 'blocks');
    const to = goesOn && blocks.areAddresses ? mark - shift : undefined;
    return { mediaSequence: medium.mediaSequence, from, to, goesOn, shift, source };
  }

  /** Undefined: it cannot be had. */
  #next(): Segment | undefined {
    if (this.#lost) return undefined;
    const last = this.#segments.at(-1)!;
    const sequence = last.mediaSequence + 1;
    const { mediaFamilyId } = this.cartridge.medium;
    let cartridge: Cartridge;
    try {
      cartridge = this.#get(sequence);
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#lost = lostRest(this.name, mediaFamilyId, sequence, error);
      return undefined;
    }
    const { window, medium, marks } = cartridge;
    const at = (marks[0] ?? 0) + medium.softSize;
    const head = peekBlock(window, at);
    if (head?.type !== BlockType.SSET || (head.attributes & BlockAttribute.CONTINUATION) === 0) {
      this.#lost = lostRest(this.name, mediaFamilyId, sequence, 'the cartridge of that number does not go on with the set');
      return undefined;
    }
    const repeated = countRepeated(window, at, medium.flb);
    const cut = this.setAt + (head.fla + repeated) * medium.flb;
    if (last.to !== undefined && last.to !== cut) {
      const expected = (last.to - this.setAt) / medium.flb - repeated;
      const place = { struct: 'MTF_DB_HDR', field: 'fla', offset: at, expected, actual: head.fla };
      throw new FormatError('FORMAT_STRUCTURE', 'the set goes on at another block than it was cut at', place);
    }
    last.to = cut;
    const segment = this.#segment(cartridge, at + repeated * medium.flb, cut);
    this.#segments.push(segment);
    return segment;
  }

  #load({ mediaSequence }: Segment): void {
    if (this.#loaded !== mediaSequence) this.#get(mediaSequence);
  }

  /** @throws TARGET_FOREIGN when another cartridge was given */
  #get(mediaSequence: number): Cartridge {
    const { mediaFamilyId } = this.cartridge.medium;
    this.#loaded = 0;
    const drive = this.change(this.cartridge.drive, { purpose: 'read', mediaFamilyId, mediaSequence });
    const cartridge = readCartridge(drive, this.fixedBlockSize);
    const found = cartridge?.medium;
    if (!cartridge || found?.mediaFamilyId !== mediaFamilyId || found.mediaSequence !== mediaSequence) {
      const what = found ? `cartridge ${String(found.mediaSequence)} of family ${found.mediaFamilyId.toString(16)}` : 'a blank cartridge';
      throw new TargetError(
        'TARGET_FOREIGN',
        `${drive.name}: cartridge ${String(mediaSequence)} of family ${mediaFamilyId.toString(16)} is needed, and ${what} is in the drive`,
        { path: drive.name, mediaFamilyId, mediaSequence },
      );
    }
    this.cartridge = cartridge;
    this.#loaded = mediaSequence;
    // What was found of earlier parts is still true; only the drive may be another.
    for (const [i, segment] of this.#segments.entries()) {
      if (segment.mediaSequence !== mediaSequence) continue;
      const source = new TapeSource(cartridge.blocks, cartridge.end, segment.goesOn ? 'end' : 'blocks');
      this.#segments[i] = { ...segment, source };
    }
    return cartridge;
  }
}

/** @throws UnreadableBytes with its place among the bytes of all, not that on the cartridge */
function readPart({ source, shift }: Segment, into: Uint8Array, offset: number, length: number, at: number): number {
  try {
    return source.readAt(into, offset, length, at + shift);
  } catch (error) {
    if (!(error instanceof UnreadableBytes)) throw error;
    throw new UnreadableBytes(error.at - shift, error.length, error.why, error.cause);
  }
}

/** Logical blocks at the beginning of a cartridge that only say what follows: each block in one of its own. */
export function countRepeated(window: FileWindow, at: number, flb: number): number {
  let count = 0;
  for (; count < REPEATED_MAX; count++) {
    const head = peekBlock(window, at + count * flb);
    if (!head || (head.attributes & BlockAttribute.CONTINUATION) === 0) break;
  }
  return count;
}
