import { FileTable, NO_PARENT } from './file-table.js';
import { FIRST_USER_RECORD, WellKnown } from './mft.js';
import { KindCode } from './reparse-kind.js';

/** What a volume holds that no path leads to. */
export interface LostFiles {
  /** Files and folders in use that cannot be reached from the root. */
  readonly files: number;
  /** FILE records in use in which nothing can be read. */
  readonly damagedRecords: readonly number[];
}

/**
 * Which names a folder holds, from the table of all names. A name counts when its folder is in use, is a folder, and has the sequence
 * number that the name says; a folder has one name, so that the tree has no cycles.
 */
export class FolderTree {
  /** Where the names of each folder begin in `#names`; one more at the end. */
  readonly #starts: Uint32Array;
  readonly #names: Uint32Array;

  constructor(readonly table: FileTable) {
    const { count, files, parents } = table;
    const total = table.names.count;
    const named = new Uint8Array(count);
    const starts = new Uint32Array(count + 1);
    for (let name = 0; name < total; name++) {
      const file = files[name]!;
      if (!isGood(table, name) || (table.isDirectory(file) && named[file] !== 0)) {
        parents[name] = NO_PARENT;
        continue;
      }
      named[file] = 1;
      starts[parents[name]! + 1]!++;
    }
    for (let record = 0; record < count; record++) starts[record + 1]! += starts[record]!;
    const names = new Uint32Array(starts[count]!);
    const next = starts.slice();
    for (let name = 0; name < total; name++) {
      const parent = parents[name]!;
      if (parent !== NO_PARENT) names[next[parent]!++] = name;
    }
    this.#starts = starts;
    this.#names = names;
  }

  /** Bytes of memory. */
  get bytes(): number {
    return (this.#starts.length + this.#names.length) * 4;
  }

  /** The names in a folder, in the order of their files' records. */
  namesIn(folder: number): Uint32Array {
    return this.#names.subarray(this.#starts[folder], this.#starts[folder + 1]);
  }

  /**
   * Counts what cannot be reached.
   * @param inUse $MFT's bitmap: a bit for each record
   */
  lost(inUse: Uint8Array): LostFiles {
    const { table } = this;
    const reached = new Uint8Array(table.count);
    const waiting: number[] = [WellKnown.ROOT, WellKnown.EXTEND];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      reached[folder] = 1;
      for (const name of this.namesIn(folder)) {
        const file = table.files[name]!;
        if (table.isDirectory(file) && reached[file] === 0 && table.kinds[file] !== KindCode.MOUNT_POINT) waiting.push(file);
        reached[file] = 1;
      }
    }
    let files = 0;
    const damagedRecords: number[] = [];
    for (let record = 0; record < table.count; record++) {
      if (table.isDamaged(record)) {
        if (((inUse[record >> 3]! >> (record & 7)) & 1) !== 0) damagedRecords.push(record);
      } else if (record >= FIRST_USER_RECORD && reached[record] === 0 && table.isFile(record)) files++;
    }
    return { files, damagedRecords };
  }
}

function isGood(table: FileTable, name: number): boolean {
  const file = table.files[name]!;
  const parent = table.parents[name]!;
  // Metadata files have names in the root as others do; the root's own is "." in itself.
  if (file < FIRST_USER_RECORD || file >= table.count || !table.isFile(file)) return false;
  if (parent >= table.count || !table.isFile(parent) || !table.isDirectory(parent)) return false;
  const sequence = table.parentSequences[name]!;
  return sequence === 0 || sequence === table.sequences[parent];
}
