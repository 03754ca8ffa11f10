import { FormatError, TargetError } from '@winback/core';
import { peekBlock } from '../block-head.js';
import { BlockAttribute, BlockType } from '../constants.js';
import type { ByteSource } from '../byte-source.js';
import { readCartridge, type Cartridge } from './cartridge.js';
import type { ChangeCartridge } from './tape-medium.js';
import { TapeSource } from './tape-source.js';

/** A part of a set that is on one cartridge. */
interface Segment {
  readonly mediaSequence: number;
  /** Where it begins, and ends, among the bytes of all. Undefined: it is the last one. */
  readonly from: number;
  readonly to: number | undefined;
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
  #loaded: number;

  /** @param setAt where the set begins on the first cartridge */
  constructor(
    private cartridge: Cartridge,
    private readonly setAt: number,
    private readonly fixedBlockSize: number,
    private readonly change: ChangeCartridge,
  ) {
    this.name = cartridge.drive.name;
    this.#loaded = cartridge.medium.mediaSequence;
    this.#segments.push(this.#segment(cartridge, setAt, setAt));
  }

  readAt(into: Uint8Array, offset: number, length: number, at: number): number {
    let segment = this.#segments.find(({ to }) => to === undefined || at < to);
    while (!segment) {
      const next = this.#next();
      if (next.to === undefined || at < next.to) segment = next;
    }
    this.#load(segment);
    const room = segment.to === undefined ? length : Math.min(length, segment.to - at);
    return segment.source.readAt(into, offset, room, at + segment.shift);
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
    const source = new TapeSource(blocks, end);
    return { mediaSequence: medium.mediaSequence, from, to: goesOn ? mark - shift : undefined, shift, source };
  }

  #next(): Segment {
    const last = this.#segments.at(-1)!;
    const cut = last.to ?? 0;
    const cartridge = this.#get(last.mediaSequence + 1);
    const { window, medium, marks } = cartridge;
    const at = (marks[0] ?? 0) + medium.softSize;
    const head = peekBlock(window, at);
    if (head?.type !== BlockType.SSET || (head.attributes & BlockAttribute.CONTINUATION) === 0) {
      const message = `${cartridge.drive.name}: cartridge ${String(medium.mediaSequence)} does not go on with the set`;
      throw new TargetError('TARGET_DAMAGED', message, { path: cartridge.drive.name, offset: at });
    }
    const fla = (cut - this.setAt) / medium.flb;
    if (fla < head.fla) {
      throw new FormatError('FORMAT_STRUCTURE', 'the set goes on with a later block than it was cut at', {
        struct: 'MTF_DB_HDR',
        field: 'fla',
        offset: at,
        expected: `at most ${String(fla)}`,
        actual: head.fla,
      });
    }
    const segment = this.#segment(cartridge, at + (fla - head.fla) * medium.flb, cut);
    this.#segments.push(segment);
    return segment;
  }

  #load({ mediaSequence }: Segment): void {
    if (this.#loaded !== mediaSequence) this.#get(mediaSequence);
  }

  /** @throws TARGET_FOREIGN when another cartridge was given */
  #get(mediaSequence: number): Cartridge {
    const { mediaFamilyId } = this.cartridge.medium;
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
      if (segment.mediaSequence === mediaSequence)
        this.#segments[i] = { ...segment, source: new TapeSource(cartridge.blocks, cartridge.end) };
    }
    return cartridge;
  }
}
