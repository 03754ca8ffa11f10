// node tape-image.mjs write|read PATH BLOCKSIZE MEGABYTES: one process that writes or reads a cartridge in a file.
import { randomFillSync } from 'node:crypto';
import { ImageTapeDriver } from '../packages/tape/dist/image/index.js';

const [what, path, blockSize, megabytes] = process.argv.slice(2);
const drive = new ImageTapeDriver({ fill: randomFillSync }).open(path, { mode: what === 'read' ? 'read' : 'write', create: true });
const block = new Uint8Array(Number(blockSize));
if (what === 'write') {
  for (let left = Number(megabytes) * 2 ** 20; left > 0; left -= block.length) drive.write(block);
  drive.writeTapemark(1, 1);
} else while (drive.read(block).bytes > 0);
drive[Symbol.dispose]();
