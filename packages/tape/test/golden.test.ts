import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { StreamId } from '@winback/core';
import { inspectMtf } from '../src/index.js';
import {
  countingRandom,
  dir,
  entryOf,
  expected,
  file,
  found,
  link,
  readSet,
  shown,
  tempFolder,
  writeSet,
  type Kept,
} from './support/target.js';

vi.mock('../src/mtf/software.js', () => ({ SOFTWARE_NAME: 'Winback 0.1.0', SOFTWARE_MAJOR: 0, SOFTWARE_MINOR: 1 }));

const GOLDEN = join(import.meta.dirname, 'fixtures/golden.bkf');
const kept: Kept[] = [
  dir('', { securityDescriptor: Uint8Array.of(1, 0, 4, 128), posix: { userId: 0, groupId: 0, mode: 0o40755 } }),
  file('hello.txt', 'hello', { posix: { userId: 1000, groupId: 100, mode: 0o100644 }, linkCount: 2, shortName: 'HELLO~1.TXT' }),
  link('again', 'hello.txt'),
  dir('folder'),
  file('folder/empty', ''),
  file('folder/' + 'long'.repeat(120), 'x'),
  {
    entry: entryOf('folder/sparse', { size: 1 << 20, attributes: 0x220 }),
    streams: [
      { id: StreamId.DATA, attributes: 8, data: new Uint8Array(0) },
      { id: StreamId.SPARSE_BLOCK, attributes: 0, offset: 65_536, data: Buffer.from('block') },
      { id: StreamId.ALTERNATE_DATA, attributes: 0, name: ':Zone.Identifier:$DATA', data: Buffer.from('[ZoneTransfer]') },
    ],
  },
];

it('files are written as they always were, byte for byte', () => {
  const path = join(tempFolder(), 'golden.bkf');
  writeSet(path, kept, '2026-03-01T12:34:56Z', countingRandom);
  // After a change of the format on purpose: WRITE_GOLDEN=1, and say so in the changeset.
  if (process.env['WRITE_GOLDEN'] === '1') copyFileSync(path, GOLDEN);
  expect(shown(readFileSync(path))).toBe(shown(readFileSync(GOLDEN)));
});

it('the golden file is read as it was written', () => {
  const { files, reader } = readSet(GOLDEN);
  expect(reader.damage).toEqual([]);
  expect(files.map(found)).toEqual(kept.map(expected));
  expect([...inspectMtf(GOLDEN)].filter((i) => i.kind === 'damage')).toEqual([]);
});
