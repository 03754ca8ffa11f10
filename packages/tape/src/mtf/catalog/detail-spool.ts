import { createHash } from 'node:crypto';
import { parentOf } from '@winback/core';
import { BlockType } from '../constants.js';
import { BlockHeader, DetailHeader } from '../layout/index.js';
import { detailEntry, sealBlock, wholeBlock, type CatalogedBlock } from './entry-bytes.js';
import { SpoolFile } from './spool-file.js';

/** Which medium a block is on, by its address. */
export type MediaOf = (fla: number) => number;

/** Links are 31 bits wide: what lies behind is linked to nothing. */
const LINK_MAX = 0x7fff_ffff;
const PIECE = 1 << 17;
const LINK = DetailHeader.offsetOf('link');
const TYPE_1 = {
  length: DetailHeader.offsetOf('length'),
  media: DetailHeader.offsetOf('mediaSequence'),
  fla: DetailHeader.offsetOf('fla'),
};
const TYPE_2 = { length: BlockHeader.offsetOf('offsetToFirstEvent'), media: BlockHeader.offsetOf('mbc'), fla: BlockHeader.offsetOf('fla') };

/** An open folder: entries of the folders in it are linked one to the next. */
interface OpenFolder {
  readonly path: string;
  lastChild: number;
}

/** Gathers the detail of a set while it is written. Whatever the set's size, it takes little memory. */
export class DetailSpool {
  directories = 0;
  files = 0;
  /** Bytes of all files. */
  bytes = 0;
  #file: SpoolFile | undefined;
  #lost = false;
  #lastVolume = -1;
  #folder = -1;
  #open: OpenFolder[] = [];

  constructor(private readonly type: 1 | 2) {}

  /** False: an object had no room in an entry, and there is no detail. */
  get isWhole(): boolean {
    return !this.#lost;
  }

  get size(): number {
    return this.#file?.size ?? 0;
  }

  /** Counts a block that is not listed. */
  count(block: Uint8Array): string {
    const { type, displayableSize } = BlockHeader.decode(block);
    if (type === BlockType.DIRB) this.directories++;
    else if (type === BlockType.FILE) {
      this.files++;
      this.bytes += displayableSize;
    }
    return type;
  }

  /** @param path of a folder, from the root */
  add(block: CatalogedBlock, path?: string): void {
    const type = this.count(block.bytes);
    if (this.#lost || (this.type === 1 && type === BlockType.CFIL)) return;
    const entry = this.type === 1 ? detailEntry(block, 0) : wholeBlock(block);
    if (!entry) {
      this.#lost = true;
      this[Symbol.dispose]();
      return;
    }
    const file = (this.#file ??= new SpoolFile());
    if (this.type === 1) this.#link(file, entry, type, path);
    file.append(entry);
  }

  /** Entries with the media that their blocks are on. Each piece is valid until the next one. */
  *pieces(mediaOf: MediaOf): Generator<Uint8Array, void, undefined> {
    const file = this.#file;
    if (!file) return;
    const at = this.type === 1 ? TYPE_1 : TYPE_2;
    const buffer = Buffer.alloc(PIECE);
    for (let done = 0; done < file.size;) {
      const n = file.read(buffer, done);
      let end = 0;
      for (;;) {
        if (end + BlockHeader.size > n) break;
        const length = buffer.readUInt16LE(end + at.length);
        if (end + length > n) break;
        buffer.writeUInt16LE(mediaOf(Number(buffer.readBigUInt64LE(end + at.fla))) & 0xffff, end + at.media);
        if (this.type === 2) sealBlock(buffer.subarray(end, end + length));
        end += length;
      }
      if (end === 0) throw new TypeError('the temporary file of the catalog is not what was written');
      yield buffer.subarray(0, end);
      done += end;
    }
  }

  /** SHA-256 of all pieces. */
  digest(mediaOf: MediaOf): string {
    const hash = createHash('sha256');
    for (const piece of this.pieces(mediaOf)) hash.update(piece);
    return hash.digest('hex');
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
    this.#open = [];
  }

  #link(file: SpoolFile, entry: Buffer, type: string, path = ''): void {
    const here = file.size <= LINK_MAX ? file.size : 0;
    if (type === BlockType.FILE) entry.writeUInt32LE(Math.max(0, this.#folder), LINK);
    else if (type === BlockType.VOLB) {
      if (this.#lastVolume >= 0) this.#patch(file, this.#lastVolume, here);
      this.#lastVolume = here;
      this.#open = [];
    } else {
      this.#folder = here;
      const above = path === '' ? undefined : parentOf(path);
      while (this.#open.length > 0 && this.#open.at(-1)?.path !== above) this.#open.pop();
      const parent = this.#open.at(-1);
      if (parent) {
        if (parent.lastChild >= 0) this.#patch(file, parent.lastChild, here);
        parent.lastChild = here;
      }
      this.#open.push({ path, lastChild: -1 });
    }
  }

  #patch(file: SpoolFile, entry: number, link: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(link);
    file.patch(entry + LINK, bytes);
  }
}
