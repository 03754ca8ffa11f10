import { TargetError, type Random } from '@winback/core';
import { PIECE_SIZE } from '@winback/core/io';
import type { TapeDrive } from '../../api/index.js';
import { writeBlock } from '../../io/write-block.js';
import type { PieceSink } from '../../io/piece-sink.js';
import { BlockAttribute, FLB_SIZE } from '../constants.js';
import { BlockHeader, EndOfMediumBlock } from '../layout/index.js';
import { Output } from '../output.js';
import type { CatalogMedium, ContinuedPart } from '../set-medium.js';
import { writeTape } from '../tape-writer.js';
import { templates } from '../templates.js';
import { repeatedBlocks } from './continuation.js';
import { SetJournal } from './set-journal.js';
import { tapeBlocks } from './tape-blocks.js';
import { TapeSink, type EndOfMedium } from './tape-sink.js';
import { writeFilemarks } from './write-tape.js';

/** Which cartridge is wanted. */
export interface CartridgeRequest {
  /** `write`: one that may be written over, to go on with; `read`: the one of that number. */
  readonly purpose: 'write' | 'read';
  readonly mediaFamilyId: number;
  /** From 1. */
  readonly mediaSequence: number;
}

/** Gets another cartridge into the drive, or opens another drive with it. @throws TAPE_END_OF_MEDIA when nobody changes cartridges */
export type ChangeCartridge = (drive: TapeDrive, request: CartridgeRequest) => TapeDrive;

export interface TapeMediumParts {
  readonly drive: TapeDrive;
  readonly blockSize: number;
  /** The block at which the drive stands. */
  readonly block: number;
  readonly mediaFamilyId: number;
  readonly mediaSequence: number;
  /** The block of the last ESET on the cartridge. */
  readonly lastEset: number | undefined;
  /** Whether numbers of blocks are addresses that others know too. */
  readonly areAddresses: boolean;
  /** Seconds since 1970. */
  readonly time: number;
  readonly random: Random;
  readonly change: ChangeCartridge;
  /** Type of the catalogs of the family; 0: none that are written. */
  readonly catalogType: number;
}

/** EOTM: there is no ESET on this medium. */
const NO_ESET = 0x1_0000;
/** Behind the TAPE block and a filemark. */
const FIRST_BLOCK = 2;
/** EOTM: its address is not known. */
const INVALID_ESET = 0x2_0000;

/** A tape, or as many as the set takes. */
export class TapeMedium implements CatalogMedium, EndOfMedium {
  readonly out: Output;
  readonly blockSize: number;
  readonly #sink: TapeSink;
  readonly #journal = new SetJournal();
  readonly #start: number;
  #sequence: number;
  #lastEset: number | undefined;
  #ended = false;
  /** To be added to a place for its bytes on the cartridge that is in the drive. */
  #shift = 0;
  readonly #continued: ContinuedPart[] = [];
  /** TAPE blocks of the cartridges that were begun for this set, up to their first streams. */
  readonly tapes = new Map<number, Buffer>();

  constructor(private readonly parts: TapeMediumParts) {
    const { drive, blockSize, block } = parts;
    this.blockSize = blockSize;
    this.#sequence = parts.mediaSequence;
    this.#lastEset = parts.lastEset;
    this.#sink = new TapeSink(drive, blockSize, this);
    this.#start = block * blockSize;
    this.out = new Output(this.#sink, drive.name, this.#start, this.#journal);
  }

  get drive(): TapeDrive {
    return this.#sink.drive;
  }

  /** The number of the cartridge that is in the drive. */
  get mediaSequence(): number {
    return this.#sequence;
  }

  get isAligned(): boolean {
    return (this.out.position + this.#sink.phase) % this.blockSize === 0;
  }

  get continued(): readonly ContinuedPart[] {
    return this.#continued;
  }

  get isEnding(): boolean {
    return this.#sink.ending;
  }

  pbaOf(position: number): number {
    return this.parts.areAddresses ? Math.floor((position + this.#shift) / this.blockSize) : 0;
  }

  lastSpad(id?: number): void {
    // Where blocks begin is known once all before is written.
    this.out.flush();
    this.out.spad(this.blockSize, this.#sink.phase, id);
  }

  goBack(position: number): void {
    this.#sink.discard();
    const block = this.pbaOf(position);
    if (!this.parts.areAddresses || !tapeBlocks(this.drive, this.blockSize).seek(block)) {
      throw new TargetError('TARGET_FULL', `${this.drive.name}: there is no room left for the end of the set`, { path: this.drive.name });
    }
    this.out.restart(position);
  }

  endOfData(): void {
    this.#ended = true;
  }

  filemark(): void {
    this.out.flush();
    writeFilemarks(this.drive, 1);
    this.out.skip(this.blockSize);
  }

  sync(): void {
    writeFilemarks(this.drive, 0);
  }

  written(position: number): void {
    this.#journal.forget(position);
  }

  change(position: number): { readonly drive: TapeDrive; readonly repeated: Uint8Array } | undefined {
    const cut = this.#ended ? undefined : this.#journal.cutAt(position);
    if (!cut) return undefined;
    const { parts, drive: full } = this;
    writeFilemarks(full, 1);
    writeBlock(full, this.#endOfMedium());
    writeFilemarks(full, 1);
    this.#sequence++;
    this.#lastEset = undefined;
    const { mediaFamilyId } = parts;
    const drive = parts.change(full, { purpose: 'write', mediaFamilyId, mediaSequence: this.#sequence });
    const tape = tapeBlock(drive.name, this.blockSize, { ...parts, mediaSequence: this.#sequence, continues: true });
    this.tapes.set(this.#sequence, headerOf(tape));
    writeBlock(drive, tape);
    writeFilemarks(drive, 1);
    const fla = (position - this.#start) / FLB_SIZE;
    const repeated = repeatedBlocks(cut, fla, FIRST_BLOCK);
    this.#shift = FIRST_BLOCK * this.blockSize + repeated.length - position;
    const blocks = cut.blocks.map((_, i) => headerOf(repeated.subarray(i * FLB_SIZE)));
    this.#continued.push({ mediaSequence: this.#sequence, pba: parts.areAddresses ? FIRST_BLOCK : 0, cut: fla, blocks });
    return { drive, repeated };
  }

  #endOfMedium(): Uint8Array {
    const { header } = templates.endOfMedium;
    const known = this.parts.areAddresses ? 0 : INVALID_ESET;
    const attributes = this.#lastEset === undefined ? NO_ESET : known;
    return oneBlock(this.blockSize, (out) => {
      const start = out.block(
        EndOfMediumBlock.encode({
          header: { ...header, attributes, offsetToFirstEvent: EndOfMediumBlock.size },
          lastEsetPba: this.parts.areAddresses ? (this.#lastEset ?? 0) : 0,
        }),
      );
      out.align4();
      out.sealBlock(start);
    });
  }
}

/** A block up to its first stream. */
export function headerOf(block: Uint8Array): Buffer {
  const bytes = Buffer.from(block);
  return bytes.subarray(0, bytes.readUInt16LE(BlockHeader.offsetOf('offsetToFirstEvent')));
}

export interface TapeBlockFacts {
  readonly time: number;
  readonly mediaFamilyId: number;
  readonly mediaSequence: number;
  readonly random: Random;
  /** It goes on with the set that the cartridge before began. */
  readonly continues: boolean;
  readonly catalogType: number;
}

/** The TAPE block of a cartridge, as one physical block. */
export const tapeBlock = (name: string, blockSize: number, { random, continues, ...facts }: TapeBlockFacts): Uint8Array =>
  oneBlock(blockSize, (out) => {
    const attributes = continues ? BlockAttribute.CONTINUATION : 0;
    writeTape(out, name, { ...facts, attributes, softFilemarks: false }, random);
  });

/** What is made fills a physical block. */
function oneBlock(blockSize: number, make: (out: Output) => void): Uint8Array {
  const memory = new ArrayBuffer(2 * PIECE_SIZE);
  let length = 0;
  const sink: PieceSink = {
    memory,
    start: 0,
    submit: (size) => void (length += size),
    drain: () => undefined,
    syncs: () => undefined,
    close: () => undefined,
    discard: () => undefined,
  };
  const out = new Output(sink, '', 0);
  make(out);
  out.spad(blockSize);
  out.flush();
  return new Uint8Array(memory, 0, length);
}
