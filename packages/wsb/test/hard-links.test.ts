import type { FileEntry } from '@winback/core';
import { describe, expect, it } from 'vitest';
import { HardLinks } from '../src/backup/hard-links.js';

const entry = (path: string, fileId: bigint, linkCount: number): FileEntry => ({
  path,
  kind: 'file',
  attributes: 0,
  size: 0,
  times: { lastWrite: 0n },
  fileId,
  linkCount,
});

describe('hard links', () => {
  it('the first sight carries the data, later ones its path', () => {
    const links = new HardLinks();
    expect(links.firstSight(entry('a', 1n, 3))).toBeUndefined();
    expect(links.firstSight(entry('b', 1n, 3))).toBe('a');
    expect(links.firstSight(entry('c', 1n, 3))).toBe('a');
    // All names seen: a file of the same number afterwards is another one.
    expect(links.firstSight(entry('d', 1n, 2))).toBeUndefined();
  });

  it('files with one name are not remembered', () => {
    const links = new HardLinks();
    links.firstSight(entry('a', 1n, 1));
    expect(links.firstSight(entry('b', 1n, 2))).toBeUndefined();
  });
});
