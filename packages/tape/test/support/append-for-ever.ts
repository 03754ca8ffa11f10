// Appends set after set to a file until it is killed. Says on standard output when one is committed.
import { MemoryStreams, systemClock, systemRandom } from '@winback/core';
import { writeSync } from 'node:fs';
import { MtfTargetDriver } from '../../src/mtf/mtf-driver.js';

const [path = '', first = '1'] = process.argv.slice(2);
const driver = new MtfTargetDriver(systemClock, systemRandom);
const target = driver.open(path, { mode: 'append', create: true });
const facts = { attributes: 0x20, times: { lastWrite: 0n }, linkCount: 1 } as const;

for (let set = Number(first); ; set++) {
  const writer = target.createSet({ name: String(set), description: '', machine: '', user: '', kind: 'copy' });
  writer.beginVolume({ root: '/', fileSystem: 'none', device: 'none' });
  writer.add({ ...facts, path: '', kind: 'directory', size: 0 }, new MemoryStreams([]));
  for (let i = 0; i < 40; i++) {
    const data = new Uint8Array(i * 3001).fill(set);
    writer.add({ ...facts, path: `f${String(i)}`, kind: 'file', size: data.length }, new MemoryStreams([{ id: 1, attributes: 0, data }]));
  }
  const now = new Date().toISOString();
  await writer.commit({
    format: 1,
    software: 'test',
    host: '',
    started: now,
    finished: now,
    include: [],
    exclude: [],
    snapshots: [],
    files: 40,
    directories: 1,
    bytes: 0,
    excluded: 0,
    problemCount: 0,
    problems: [],
  });
  writeSync(1, `${String(set)}\n`);
}
