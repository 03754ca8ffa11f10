// Writes a set to a tape in memory until it is killed. Says on standard output how far it is once its catalog is in a file.
import { writeSync } from 'node:fs';
import { MemoryStreams, systemClock, systemRandom } from '@winback/core';
import { MtfTapeTarget } from '../../src/mtf/tape/mtf-tape-target.js';
import { blankCartridge, MemoryDrive } from './memory-drive.js';

const drive = new MemoryDrive('memory', blankCartridge());
const target = new MtfTapeTarget('tape:memory', drive, { clock: systemClock, random: systemRandom, change: (given) => given });
const facts = { attributes: 0x20, times: { lastWrite: 0n }, linkCount: 1 } as const;
const writer = target.createSet({ name: '', description: '', machine: '', user: '', kind: 'copy' });
writer.beginVolume({ root: '/', fileSystem: 'none', device: 'none' });
writer.add({ ...facts, path: '', kind: 'directory', size: 0 }, new MemoryStreams([]));
let files = 0;
for (; files < 5000; files++) writer.add({ ...facts, path: `file ${String(files)}`, kind: 'file', size: 0 }, new MemoryStreams([]));
writeSync(1, `${String(files)}\n`);
setInterval(() => {
  writer.add({ ...facts, path: `file ${String(files++)}`, kind: 'file', size: 0 }, new MemoryStreams([]));
}, 10);
