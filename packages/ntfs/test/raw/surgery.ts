import { readFileSync } from 'node:fs';
import { SourceError } from '@winback/core';
import type { BlockSource } from '../../src/raw/index.js';
import { STRIDE } from '../../src/raw/fixups.js';
import { AttributeHeader, AttributeListEntry, FileRecordHeader, NonResidentHeader, ResidentHeader } from '../../src/raw/layouts/index.js';

const align8 = (n: number): number => Math.ceil(n / 8) * 8;

/** A volume in memory. */
export class MemorySource implements BlockSource {
  readonly name = 'a volume in memory';
  reads = 0;
  /** Where reading fails. */
  broken: { readonly from: number; readonly to: number } | undefined;
  constructor(readonly bytes: Uint8Array) {}
  static of(image: string): MemorySource {
    return new MemorySource(new Uint8Array(readFileSync(image)));
  }
  get size(): number {
    return this.bytes.length;
  }
  read(position: number, buffer: Uint8Array): void {
    this.reads++;
    const end = position + buffer.length;
    if (position < 0 || end > this.size) throw new SourceError('SOURCE_UNREADABLE', 'behind the end', {});
    if (this.broken && position < this.broken.to && end > this.broken.from) throw new SourceError('SOURCE_UNREADABLE', 'a bad sector', {});
    buffer.set(this.bytes.subarray(position, end));
  }
  [Symbol.dispose](): void {
    // nothing is held
  }
}

/** An attribute as it stands in a record: its header and all. */
export type AttributeBytes = Uint8Array;

/** The attributes of a record whose update sequence is undone. */
export function attributesOf(record: Uint8Array): AttributeBytes[] {
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const found: AttributeBytes[] = [];
  for (let at = view.getUint16(FileRecordHeader.offsetOf('firstAttribute'), true); view.getUint32(at, true) !== 0xffff_ffff;) {
    const length = view.getUint32(at + AttributeHeader.offsetOf('length'), true);
    found.push(record.slice(at, at + length));
    at += length;
  }
  return found;
}

export const typeOf = (attribute: AttributeBytes): number => new DataView(attribute.buffer, attribute.byteOffset).getUint32(0, true);

export const idOf = (attribute: AttributeBytes): number => attribute[14]! | (attribute[15]! << 8);

export function residentAttribute(type: number, id: number, value: Uint8Array, name = ''): AttributeBytes {
  const nameBytes = Buffer.from(name, 'utf16le');
  const nameOffset = AttributeHeader.size + ResidentHeader.size;
  const valueOffset = align8(nameOffset + nameBytes.length);
  const out = new Uint8Array(align8(valueOffset + value.length));
  const header = { type, length: out.length, nonResident: 0, nameLength: name.length, nameOffset, flags: 0, attributeId: id };
  AttributeHeader.encodeInto(out, 0, header);
  ResidentHeader.encodeInto(out, AttributeHeader.size, { valueLength: value.length, valueOffset, indexed: 0, reserved07: 0 });
  out.set(nameBytes, nameOffset);
  out.set(value, valueOffset);
  return out;
}

/** A run: clusters, and where they are; no place is a hole. */
export type Run = readonly [length: number, lcn?: number];

function mappingPairs(runs: readonly Run[]): Uint8Array {
  const out: number[] = [];
  let last = 0;
  const number = (value: number): number[] => {
    const bytes: number[] = [];
    let rest = value;
    do {
      bytes.push(((rest % 256) + 256) % 256);
      rest = Math.floor(rest / 256);
    } while (!(rest === 0 && bytes.at(-1)! < 0x80) && !(rest === -1 && bytes.at(-1)! >= 0x80));
    return bytes;
  };
  for (const [length, lcn] of runs) {
    const lengthBytes = number(length);
    const delta = lcn === undefined ? [] : number(lcn - last);
    if (lcn !== undefined) last = lcn;
    out.push((delta.length << 4) | lengthBytes.length, ...lengthBytes, ...delta);
  }
  return Uint8Array.of(...out, 0);
}

export interface Piece {
  readonly type: number;
  readonly id: number;
  readonly runs: readonly Run[];
  readonly lowestVcn?: number;
  readonly size?: number;
  readonly valid?: number;
  readonly flags?: number;
  readonly compressionUnit?: number;
  readonly name?: string;
  readonly pairs?: Uint8Array;
}

export function nonResidentAttribute(piece: Piece): AttributeBytes {
  const { type, id, runs, lowestVcn = 0, size = 0, valid = size, flags = 0, compressionUnit = 0, name = '' } = piece;
  const clusters = runs.reduce((sum, [length]) => sum + length, 0);
  const nameOffset = AttributeHeader.size + NonResidentHeader.size;
  const runsOffset = align8(nameOffset + name.length * 2);
  const pairs = piece.pairs ?? mappingPairs(runs);
  const out = new Uint8Array(align8(runsOffset + pairs.length));
  const header = { type, length: out.length, nonResident: 1, nameLength: name.length, nameOffset, flags, attributeId: id };
  AttributeHeader.encodeInto(out, 0, header);
  NonResidentHeader.encodeInto(out, AttributeHeader.size, {
    lowestVcn,
    highestVcn: BigInt.asUintN(64, BigInt(lowestVcn + clusters - 1)),
    runsOffset,
    compressionUnit,
    reserved13: new Uint8Array(5),
    allocatedSize: Math.min(clusters * 4096, 2 ** 52),
    dataSize: size,
    validDataLength: valid,
  });
  out.set(Buffer.from(name, 'utf16le'), nameOffset);
  out.set(pairs, runsOffset);
  return out;
}

export interface ListedPiece {
  readonly type: number;
  readonly lowestVcn: number;
  readonly record: number;
  readonly sequence: number;
  readonly id: number;
  readonly name?: string;
}

export function attributeList(entries: readonly ListedPiece[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      entries.map(({ type, lowestVcn, record, sequence, id, name = '' }) => {
        const out = new Uint8Array(align8(AttributeListEntry.size + name.length * 2));
        const reference = (BigInt(sequence) << 48n) | BigInt(record);
        const entry = {
          type,
          length: out.length,
          nameLength: name.length,
          nameOffset: 0x1a,
          lowestVcn,
          record: reference,
          attributeId: id,
        };
        AttributeListEntry.encodeInto(out, 0, entry);
        out.set(Buffer.from(name, 'utf16le'), 0x1a);
        return out;
      }),
    ),
  );
}

export interface NewRecord {
  readonly number: number;
  readonly sequence: number;
  readonly flags: number;
  readonly attributes: readonly AttributeBytes[];
  readonly base?: { readonly record: number; readonly sequence: number };
}

/** A record as it is written, with its update sequence. */
export function encodeRecord({ number, sequence, flags, attributes, base }: NewRecord, size: number): Uint8Array {
  const strides = size / STRIDE;
  const first = align8(FileRecordHeader.size + (strides + 1) * 2);
  const body = Buffer.concat(attributes);
  if (first + body.length + 8 > size) throw new Error(`the record needs ${String(first + body.length + 8)} bytes`);
  const out = new Uint8Array(size);
  FileRecordHeader.encodeInto(out, 0, {
    ...FileRecordHeader.create(),
    updateSequenceOffset: FileRecordHeader.size,
    updateSequenceCount: strides + 1,
    sequenceNumber: sequence,
    linkCount: 1,
    firstAttribute: first,
    flags,
    usedBytes: first + body.length + 8,
    allocatedBytes: size,
    baseRecord: base ? (BigInt(base.sequence) << 48n) | BigInt(base.record) : 0n,
    nextAttributeId: 100,
    recordNumber: number,
  });
  out.set(body, first);
  const view = new DataView(out.buffer);
  view.setUint32(first + body.length, 0xffff_ffff, true);
  view.setUint16(FileRecordHeader.size, 7, true);
  for (let i = 1; i <= strides; i++) {
    const end = i * STRIDE - 2;
    view.setUint16(FileRecordHeader.size + i * 2, view.getUint16(end, true), true);
    view.setUint16(end, 7, true);
  }
  return out;
}
