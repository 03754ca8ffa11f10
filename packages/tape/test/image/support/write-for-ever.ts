// Writes blocks and filemarks to a cartridge until it is killed. Says on standard output how many filemarks are on the disk.
import { systemRandom } from '@winback/core';
import { writeSync } from 'node:fs';
import { ImageTapeDriver } from '../../../src/image/index.js';

const [path = ''] = process.argv.slice(2);
const drive = new ImageTapeDriver(systemRandom).open(path, { mode: 'write', create: true });
drive.setTapePosition(4, 0, 0);
const before = Number(process.argv[3] ?? 0);
for (let file = before + 1; ; file++) {
  for (let block = 0; block < file % 7; block++) drive.write(new Uint8Array((file * 977 + block * 30_011) % 200_000 || 1).fill(file));
  drive.writeTapemark(1, 1);
  writeSync(1, `${String(file)}\n`);
}
