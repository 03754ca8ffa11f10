import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { FormatError } from '../../errors/families.js';
import { baseBlockChecksum, type BaseBlockFields } from './base-block.js';
import { BaseBlock, BINS_AT, HiveBin, HiveFileType } from './base-block.layout.js';
import { HiveBytes } from './hive-bytes.js';
import { findLogs, replayLogs, type DirtyHive, type Replay } from './hive-logs.js';
import { nativePath } from './native-path.js';
import { ioError } from './problems.js';

/** Offsets from here on are those of volatile keys. */
const OFFSETS_END = 0x8000_0000;

/** A hive file, open, with what its logs make of it. */
export interface OpenHive {
  readonly bytes: HiveBytes;
  /** As it is after recovery. */
  readonly base: BaseBlockFields;
  /** The first 4096 bytes, as they stand in the file. */
  readonly block: Buffer;
  /** What was wrong with the file, and what was done about it. */
  readonly notes: readonly string[];
  /** Undefined: the hive was clean, or there is no log that could be used. */
  readonly replay: Replay | undefined;
  /** Tells whether the file at a path is still the one that was opened: see {@link stampOf}. */
  readonly stamp: string;
}

/** Another file, or other content, has another one. */
export const stampOf = ({ dev, ino, size, mtimeNs }: BigIntStats): string => [dev, ino, size, mtimeNs].join(' ');

/** @throws REGISTRY_IO, FORMAT_SHORT, FORMAT_MAGIC, FORMAT_UNSUPPORTED */
export function openBytes(path: string, logs: 'auto' | 'ignore'): OpenHive {
  let fd: number;
  try {
    fd = openSync(nativePath(path), 'r');
  } catch (error) {
    throw ioError(path, 'opened', error);
  }
  try {
    return readHead(fd, path, logs);
  } catch (error) {
    closeSync(fd);
    if (!(error instanceof FormatError)) throw error;
    // Jobs read several hives; which one is none must be told.
    throw new FormatError(error.code, error.problem, { ...error.where, struct: `${path}: ${error.where.struct}` }, { cause: error });
  }
}

function readHead(fd: number, path: string, logs: 'auto' | 'ignore'): OpenHive {
  const notes: string[] = [];
  const head = Buffer.alloc(BINS_AT + HiveBin.size);
  let size: number;
  let stamp: string;
  try {
    const stats = fstatSync(fd, { bigint: true });
    [size, stamp] = [Number(stats.size), stampOf(stats)];
    readSync(fd, head, 0, head.length, 0);
  } catch (error) {
    throw ioError(path, 'read', error);
  }
  const found = BaseBlock.decode(head.subarray(0, Math.min(size, head.length)));
  const whole = found.checksum === baseBlockChecksum(head);
  if (!whole) notes.push('the base block has a wrong checksum');
  const dirty = !whole || found.primarySequence !== found.secondarySequence;
  let replay: Replay | undefined;
  if (dirty && logs === 'auto') {
    const hive: DirtyHive = {
      base: whole ? found : undefined,
      firstBinLastWritten: head.readBigUInt64LE(BINS_AT + HiveBin.offsetOf('lastWritten')),
    };
    const note = (text: string): void => void notes.push(text);
    replay = replayLogs(hive, findLogs(path, note), note);
  }
  if (dirty && !replay) notes.push('the last write of the hive was not finished, and no log was used to finish it');
  const base = { ...found, ...replay?.base };
  checkKind(base);
  const inFile = Math.max(0, size - BINS_AT);
  const patched = (replay?.patches ?? []).reduce((end, { offset, bytes }) => Math.max(end, offset + bytes.length), 0);
  const there = Math.min(Math.max(inFile, patched), OFFSETS_END);
  if (base.binsSize > there) notes.push(`the file ends ${String(base.binsSize - there)} bytes too early`);
  const sane = base.binsSize > 0 && base.binsSize % BINS_AT === 0;
  if (!sane) notes.push('the base block has an impossible size of the bins');
  const bytes = new HiveBytes(fd, path, sane ? Math.min(base.binsSize, there) : there, replay?.patches);
  return { bytes, base, block: head.subarray(0, BINS_AT), notes, replay, stamp };
}

function checkKind(base: BaseBlockFields): void {
  const refuse = (field: keyof BaseBlockFields, problem: string, expected: string): never => {
    throw new FormatError('FORMAT_UNSUPPORTED', problem, {
      struct: BaseBlock.name,
      field,
      offset: BaseBlock.offsetOf(field),
      expected,
      actual: base[field],
    });
  };
  if (base.fileType !== HiveFileType.PRIMARY) refuse('fileType', 'the file is a log, not a hive', '0');
  if (base.majorVersion !== 1) refuse('majorVersion', `version ${String(base.majorVersion)} is not known`, '1');
  if (base.minorVersion < 3 || base.minorVersion > 6)
    refuse('minorVersion', `version 1.${String(base.minorVersion)} is not known`, '3 to 6');
}
