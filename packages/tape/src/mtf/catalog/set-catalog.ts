import { isWinbackError } from '@winback/core';
import { CatalogStreamId, EndOfSetBlockAttribute, fourCharacters, FsAttribute, SetBlockAttribute, WinbackStreamId } from '../constants.js';
import { BlockHeader, DetailHeader, StreamHeader } from '../layout/index.js';
import type { ObjectObserver } from '../object-writer.js';
import type { CatalogMedium } from '../set-medium.js';
import type { StoredCatalog } from '../stored-catalog.js';
import { DetailSpool } from './detail-spool.js';
import type { SetMap } from './set-map.js';
import { encodeSetMap, STORED_IN_MAP, type WrittenPart } from './set-map-writer.js';

/** What a catalog on the medium is to be. */
export interface CatalogPlan {
  readonly type: 1 | 2;
  readonly medium: CatalogMedium;
  readonly mediaFamilyId: number;
  /** The map of the sets before. */
  readonly earlier: SetMap | undefined;
  /** Whether objects are listed with their addresses. */
  readonly withDetail: boolean;
  /** Type 2: the TAPE blocks of the media that are written to, up to their first streams. */
  readonly tapes: ReadonlyMap<number, Buffer>;
}

/** Fields of an ESET that a catalog has something to say in. */
export interface EndFields {
  readonly attributes?: number;
  readonly mbcField1?: number;
  readonly mbcField2?: number;
  readonly fddMediaSequence?: number;
}

/** Writes an ESET up to its first stream, always with the same number; gives it as it stands there. */
export type PutEnd = (fields: EndFields) => Buffer;

const FEND_MIN = DetailHeader.size;
const id = {
  WBCT: fourCharacters(WinbackStreamId.CATALOG),
  TFDD: fourCharacters(CatalogStreamId.DETAIL_1),
  TSMP: fourCharacters(CatalogStreamId.MAP_1),
  FDD2: fourCharacters(CatalogStreamId.DETAIL_2),
  MAP2: fourCharacters(CatalogStreamId.MAP_2),
  PAD: fourCharacters(CatalogStreamId.PAD),
} as const;

/** Makes the media based catalog of a set while the set is written, and writes it at the set's end. */
export class SetCatalog implements ObjectObserver {
  readonly #spool: DetailSpool;
  readonly #firstMedia: number;
  #sset = Buffer.alloc(0);
  #ssetPba = 0;
  readonly #volumes: Buffer[] = [];

  constructor(private readonly plan: CatalogPlan) {
    this.#spool = new DetailSpool(plan.type);
    this.#firstMedia = plan.medium.mediaSequence;
  }

  /** What the SSET says of it. */
  get setAttributes(): number {
    return this.plan.withDetail ? SetBlockAttribute.FDD_EXISTS : 0;
  }

  get version(): number {
    return this.plan.type === 1 ? 2 : 1;
  }

  set(block: Uint8Array, pba: number): void {
    this.#sset = Buffer.from(block);
    this.#ssetPba = pba;
  }

  volume(block: Uint8Array): void {
    const bytes = Buffer.from(block);
    this.#volumes.push(bytes);
    if (this.plan.withDetail) this.#spool.add({ bytes });
  }

  object(block: Uint8Array, name: Buffer | undefined, facts: Uint8Array, path: string): void {
    if (this.plan.withDetail)
      this.#spool.add({ bytes: Buffer.from(block.buffer, block.byteOffset, block.length), name, tail: facts }, path);
    else this.#spool.count(block);
  }

  corrupt(block: Uint8Array): void {
    if (this.plan.withDetail) this.#spool.add({ bytes: Buffer.from(block.buffer, block.byteOffset, block.length) });
  }

  /** Writes the end of the set, without the filemark. */
  writeEnd(put: PutEnd, stored: StoredCatalog, corrupt: number): void {
    const { medium, type } = this.plan;
    const begin = medium.out.position;
    const write = type === 1 ? this.#writeType1 : this.#writeType2;
    const detail = this.plan.withDetail && this.#spool.isWhole && !medium.isEnding;
    let isWhole = false;
    try {
      const written = write.call(this, put, stored, corrupt, detail);
      if (written) medium.out.flush();
      isWhole = written;
    } catch (error) {
      if (!detail || !isWinbackError(error, 'TAPE_EOM_OVERFLOW')) throw error;
    }
    if (!isWhole) {
      // The medium ended in the detail, which can be done without; what comes after it cannot.
      medium.goBack(begin);
      write.call(this, put, stored, corrupt, false);
    }
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#spool[Symbol.dispose]();
  }

  /** False: there was no room for the detail. */
  #writeType1(put: PutEnd, stored: StoredCatalog, corrupt: number, detail: boolean): boolean {
    const { medium } = this.plan;
    const { out } = medium;
    put({});
    const json = this.#json(stored, detail);
    out.bytesStream(id.WBCT, FsAttribute.NON_PORTABLE, json);
    medium.lastSpad(id.PAD);
    const detailPba = medium.pbaOf(out.position);
    if (detail && !this.#writeDetail1()) return false;
    const mapPba = medium.pbaOf(out.position);
    const place = detail ? { pba: detailPba, mediaSequence: medium.mediaSequence } : { pba: 0, mediaSequence: 0 };
    const map = this.#map(json, corrupt, place, Buffer.alloc(0));
    if (map) out.bytesStream(id.TSMP, 0, map);
    medium.lastSpad();
    put({
      attributes: this.#endAttributes(detail, map),
      mbcField1: place.pba,
      mbcField2: map ? mapPba : 0,
      fddMediaSequence: place.mediaSequence,
    });
    medium.lastSpad();
    return true;
  }

  #writeType2(put: PutEnd, stored: StoredCatalog, corrupt: number, detail: boolean): boolean {
    const { medium } = this.plan;
    const { out } = medium;
    const place = { pba: medium.pbaOf(out.position), mediaSequence: medium.mediaSequence };
    const attributes = this.#endAttributes(detail, true);
    const eset = put({ attributes, mbcField1: place.pba, fddMediaSequence: detail ? place.mediaSequence : 0 });
    const json = this.#json(stored, detail);
    const map = this.#map(json, corrupt, place, eset);
    if (map) out.bytesStream(id.MAP2, 0, map);
    if (detail && !out.plainStream(id.FDD2, this.#spool.size, this.#until())) return false;
    out.bytesStream(id.WBCT, FsAttribute.NON_PORTABLE, json);
    medium.lastSpad();
    return true;
  }

  #endAttributes(detail: boolean, map: unknown): number {
    const aborted = this.plan.withDetail && !detail ? EndOfSetBlockAttribute.FDD_ABORTED : 0;
    return aborted | (map ? 0 : EndOfSetBlockAttribute.END_OF_FAMILY);
  }

  #json(stored: StoredCatalog, detail: boolean): Buffer {
    const { size } = this.#spool;
    return Buffer.from(
      JSON.stringify(detail ? { ...stored, detail: { length: size, sha256: this.#spool.digest(this.#mediaOf) } } : stored),
    );
  }

  /** Entries, and the one that fills the physical block. */
  #writeDetail1(): boolean {
    const { out, blockSize } = this.plan.medium;
    const { size } = this.#spool;
    const whole = Math.ceil((StreamHeader.size + size + FEND_MIN) / blockSize) * blockSize;
    const length = whole - StreamHeader.size;
    const end = Buffer.alloc(length - size);
    // 16 bits do not hold all that the largest blocks may leave.
    end.set(DetailHeader.encode({ ...DetailHeader.create(), length: Math.min(end.length, 0xffff), type: 'FEND' }));
    const pieces = this.#until();
    return out.plainStream(
      id.TFDD,
      length,
      (function* () {
        yield* pieces;
        yield end;
      })(),
    );
  }

  /** The detail, as long as there is room for it. */
  *#until(): Generator<Uint8Array, void, undefined> {
    for (const piece of this.#spool.pieces(this.#mediaOf)) {
      if (this.plan.medium.isEnding) return;
      yield piece;
    }
  }

  readonly #mediaOf = (fla: number): number => {
    let media = this.#firstMedia;
    for (const { cut, mediaSequence } of this.plan.medium.continued) if (cut <= fla) media = mediaSequence;
    return media;
  };

  #map(stored: Buffer, corrupt: number, detail: { pba: number; mediaSequence: number }, eset: Buffer): Buffer | undefined {
    const { type, mediaFamilyId, earlier, tapes } = this.plan;
    const { directories, files, bytes } = this.#spool;
    const set = { parts: this.#parts(), directories, files, bytes, corrupt, detail, stored: forMap(stored), tapes, eset };
    return encodeSetMap(type, mediaFamilyId, earlier, set);
  }

  #parts(): WrittenPart[] {
    const { continued } = this.plan.medium;
    const flaOf = (block: Buffer): number => BlockHeader.decode(block).fla;
    const begins = [0, ...continued.map(({ cut }) => cut)];
    const here = (index: number): Buffer[] =>
      this.#volumes.filter((block) => flaOf(block) >= (begins[index] ?? 0) && flaOf(block) < (begins[index + 1] ?? Infinity));
    const first = { mediaSequence: this.#firstMedia, pba: this.#ssetPba, sset: this.#sset, volumes: here(0) };
    return [
      first,
      ...continued.map(({ mediaSequence, pba, blocks }, i) => {
        const [sset, volume] = blocks.map((block) => Buffer.from(block));
        return { mediaSequence, pba, sset: sset ?? this.#sset, volumes: [...(volume ? [volume] : []), ...here(i + 1)] };
      }),
    ];
  }
}

/** The catalog as maps have it: without the lists that may be long; none when it is still too long. */
function forMap(json: Buffer): Buffer | undefined {
  if (json.length <= STORED_IN_MAP) return json;
  const stored = JSON.parse(json.toString('utf8')) as StoredCatalog;
  const { leftOut: _, ...catalog } = stored.catalog;
  const short = Buffer.from(JSON.stringify({ ...stored, catalog: { ...catalog, problems: [] } }));
  return short.length <= STORED_IN_MAP ? short : undefined;
}
