import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describeNodeError } from '../../errors/errno.js';
import { bytesToText } from '../../text/file-name.js';
import { baseBlockChecksum, type BaseBlockFields } from './base-block.js';
import { BaseBlock, HiveFileType } from './base-block.layout.js';
import type { HivePatch } from './hive-bytes.js';
import { replayEntries } from './log-entries.js';
import { replayPages } from './log-pages.js';
import { nativePath } from './native-path.js';

const LOG_MAX = 0x4000_0000;
const SUFFIXES = ['.log1', '.log2', '.log'];

/** A log whose base block is whole. */
export interface HiveLog {
  readonly file: string;
  readonly bytes: Buffer;
  readonly base: BaseBlockFields;
}

/** What logs make of a hive. */
export interface Replay {
  readonly patches: readonly HivePatch[];
  /** What becomes of the base block. */
  readonly base: Partial<BaseBlockFields>;
  /** Log entries, or pages of a log of the old kind. */
  readonly applied: number;
}

/** What recovery needs to know of the hive itself. */
export interface DirtyHive {
  /** The base block; undefined where its checksum is wrong. */
  readonly base: BaseBlockFields | undefined;
  /** Where the base block is not to be trusted: when the hive was last written, as its first bin has it. */
  readonly firstBinLastWritten: bigint;
}

/** The logs beside a hive, in any case of letters, LOG1 first. What cannot be used is told to `note`. */
export function findLogs(path: string, note: (text: string) => void): HiveLog[] {
  const hive = basename(path);
  const folder = dirname(path);
  let names: string[] = [];
  try {
    names = readdirSync(nativePath(folder), { encoding: 'buffer' }).map(bytesToText);
  } catch (error) {
    note(`the folder could not be searched for logs: ${describeNodeError(error)}`);
  }
  const suffixOf = (name: string): string => name.slice(hive.length).toLowerCase();
  const isLog = (name: string): boolean =>
    name.slice(0, hive.length).toLowerCase() === hive.toLowerCase() && SUFFIXES.includes(suffixOf(name));
  // Where names differ in the case of letters only, the one spelled as the hive is the hive's.
  const rank = (name: string): number => SUFFIXES.indexOf(suffixOf(name)) * 2 + (name.startsWith(hive) ? 0 : 1);
  const found = names.filter(isLog).sort((a, b) => rank(a) - rank(b));
  const own = found.filter((name, i) => i === 0 || suffixOf(found[i - 1]!) !== suffixOf(name));
  return own.map((name) => readLog(join(folder, name), note)).filter((log) => log !== undefined);
}

function readLog(file: string, note: (text: string) => void): HiveLog | undefined {
  try {
    const { size } = statSync(nativePath(file));
    if (size === 0) return undefined;
    if (size > LOG_MAX) {
      note(`${file} is too large for a log`);
      return undefined;
    }
    const bytes = readFileSync(nativePath(file));
    if (bytes.length < BaseBlock.size || bytes.toString('latin1', 0, 4) !== 'regf') {
      note(`${file} is no log of a hive`);
      return undefined;
    }
    const base = BaseBlock.decode(bytes);
    if (base.checksum === baseBlockChecksum(bytes)) return { file, bytes, base };
    note(`${file} was not used: its base block has a wrong checksum`);
  } catch (error) {
    note(`${file} could not be read: ${describeNodeError(error)}`);
  }
  return undefined;
}

/** What the logs of a dirty hive bring; undefined: nothing that can be used. */
export function replayLogs(hive: DirtyHive, logs: readonly HiveLog[], note: (text: string) => void): Replay | undefined {
  const entries = logs.filter(({ base }) => base.fileType === HiveFileType.LOG_OF_ENTRIES);
  const pages = logs.filter(({ base }) => base.fileType === HiveFileType.LOG || base.fileType === HiveFileType.LOG_OF_WINDOWS_2000);
  for (const log of logs) if (!entries.includes(log) && !pages.includes(log)) note(`${log.file} is no log`);
  return replayEntries(hive, entries, note) ?? replayPages(hive, pages, note);
}
