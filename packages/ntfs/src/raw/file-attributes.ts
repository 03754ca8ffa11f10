import { isWinbackError, type WinbackError } from '@winback/core';
import { Attribute } from './attribute.js';
import { ATTRIBUTE_LIST_MAX, readAttributeList, type ListEntry } from './attribute-list.js';
import type { BlockSource } from './block-source.js';
import { damaged } from './damage.js';
import type { AttributePiece, FileRecord } from './file-record.js';
import type { Geometry } from './geometry.js';
import { AttributeType } from './layouts/index.js';

/** Where the FILE records of a volume come from. */
export interface RecordReader {
  readonly source: BlockSource;
  readonly geometry: Geometry;
  /** @throws FORMAT_STRUCTURE, FORMAT_RANGE, SOURCE_UNREADABLE */
  record(number: number): FileRecord;
}

/** An attribute of which a piece cannot be had. */
export interface BrokenAttribute {
  readonly type: number;
  readonly name: string;
  readonly error: WinbackError;
}

/** All attributes of one file, from its base record and those that extend it. */
export class FileAttributes {
  readonly all: readonly Attribute[];
  /** Attributes that are not in `all` because they are damaged. */
  readonly broken: readonly BrokenAttribute[];
  /** Every record of the file, its base record first. */
  readonly records: readonly FileRecord[];

  /** @throws FORMAT_STRUCTURE, FORMAT_RANGE, SOURCE_UNREADABLE when not even the list of its attributes can be had */
  constructor(base: FileRecord, reader: RecordReader) {
    const list = base.pieces.find((piece) => piece.type === AttributeType.ATTRIBUTE_LIST);
    if (!list) {
      [this.all, this.broken] = ofOneRecord(base, reader.geometry);
      this.records = [base];
      return;
    }
    const bytes = new Attribute(list, reader.geometry).bytes(reader.source, ATTRIBUTE_LIST_MAX);
    const gathered = gather(base, readAttributeList(bytes, list), reader);
    this.all = gathered.all;
    this.broken = gathered.broken;
    this.records = gathered.records;
  }

  get base(): FileRecord {
    return this.records[0]!;
  }

  find(type: number, name = ''): Attribute | undefined {
    for (const attribute of this.all) if (attribute.type === type && attribute.name === name) return attribute;
    return undefined;
  }
}

function ofOneRecord(base: FileRecord, geometry: Geometry): [Attribute[], BrokenAttribute[]] {
  const all: Attribute[] = [];
  const broken: BrokenAttribute[] = [];
  for (const piece of base.pieces) {
    if (piece.lowestVcn === 0) all.push(new Attribute(piece, geometry));
    else {
      const error = damaged(piece, 'lowestVcn', 'the attribute begins in a record that nothing names', 0, piece.lowestVcn);
      broken.push({ type: piece.type, name: piece.name, error });
    }
  }
  return [all, broken];
}

function gather(base: FileRecord, entries: readonly ListEntry[], reader: RecordReader) {
  const records = new Map<number, FileRecord>([[base.number, base]]);
  const failed = new Map<number, WinbackError>();
  const broken = new Map<string, BrokenAttribute>();
  const all: Attribute[] = [];
  let [current, currentKey]: [Attribute | undefined, string] = [undefined, ''];
  for (const entry of entries) {
    if (entry.type === AttributeType.ATTRIBUTE_LIST) continue;
    const key = `${String(entry.type)} ${entry.name}`;
    try {
      const piece = pieceOf(entry, recordOfEntry(entry, base, records, failed, reader));
      if (entry.lowestVcn === 0) {
        current = new Attribute(piece, reader.geometry);
        currentKey = key;
        all.push(current);
      } else if (current && key === currentKey) current.add(piece);
      else throw damaged(piece, 'lowestVcn', 'the attribute has no beginning', 0, entry.lowestVcn);
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      if (!broken.has(key)) broken.set(key, { type: entry.type, name: entry.name, error });
    }
  }
  const whole = all.filter(
    (attribute) => !broken.has(`${String(attribute.type)} ${attribute.name}`) || attribute.type === AttributeType.FILE_NAME,
  );
  return { all: whole, broken: [...broken.values()], records: [...records.values()] };
}

function recordOfEntry(
  entry: ListEntry,
  base: FileRecord,
  records: Map<number, FileRecord>,
  failed: Map<number, WinbackError>,
  reader: RecordReader,
): FileRecord {
  const known = records.get(entry.record);
  if (known) return known;
  const before = failed.get(entry.record);
  if (before) throw before;
  try {
    const record = reader.record(entry.record);
    const sequenceFits = entry.sequence === 0 || record.sequence === entry.sequence;
    if (!record.inUse || !sequenceFits || record.base !== base.number || record.baseSequence !== base.sequence) {
      throw damaged(
        record,
        'baseRecord',
        `record ${String(entry.record)} belongs to another file than ${String(base.number)}`,
        base.number,
        record.base,
      );
    }
    records.set(entry.record, record);
    return record;
  } catch (error) {
    if (isWinbackError(error)) failed.set(entry.record, error);
    throw error;
  }
}

function pieceOf(entry: ListEntry, record: FileRecord): AttributePiece {
  const piece = record.pieces.find((p) => p.id === entry.id && p.type === entry.type && p.name === entry.name);
  if (!piece) throw damaged(record, 'attributes', `attribute ${String(entry.id)} of type 0x${entry.type.toString(16)} is missing`);
  if (piece.lowestVcn !== entry.lowestVcn)
    throw damaged(piece, 'lowestVcn', 'not as the attribute list says', entry.lowestVcn, piece.lowestVcn);
  return piece;
}
