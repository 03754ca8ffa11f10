import type { FileEntry } from '@winback/core';

/** Remembers the first sight of each file that has several names, until all of them were seen. */
export class HardLinks {
  readonly #seen = new Map<bigint, { path: string; left: number }>();

  /** The path of the first sight, if this is a later one. */
  firstSight(entry: FileEntry): string | undefined {
    if (entry.linkCount < 2 || entry.fileId === undefined || entry.kind === 'directory') return undefined;
    const known = this.#seen.get(entry.fileId);
    if (!known) {
      this.#seen.set(entry.fileId, { path: entry.path, left: entry.linkCount - 1 });
      return undefined;
    }
    if (--known.left === 0) this.#seen.delete(entry.fileId);
    return known.path;
  }
}
