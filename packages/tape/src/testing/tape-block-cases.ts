import assert from 'node:assert/strict';
import { TapemarkType, TapePositionMethod, TapeStatus, tapeStatusName } from '../api/index.js';
import { bytes, onTape, refuses, Tape, type TapeDriveCase } from './tape-case.js';

const SIZES = [1, 2, 3, 4, 511, 512, 513, 4095, 4096, 10_240, 32_768, 65_535, 65_536, 65_537, 131_072, 262_144];

/** Blocks and marks, written and read from the beginning on. */
export const blockCases: readonly TapeDriveCase[] = [
  onTape('gives blocks back as they were written, each with its own size', ['variable-blocks'], (tape) => {
    const { minimumBlockSize } = tape.drive.getDriveParameters();
    const sizes = SIZES.filter((size) => size >= minimumBlockSize && size <= tape.largest);
    for (const [i, size] of sizes.entries()) {
      const { bytes: written, status } = tape.drive.write(bytes(size, i));
      assert.deepEqual([written, tapeStatusName(status)], [size, 'NO_ERROR']);
    }
    tape.filemarks();
    tape.rewind();
    for (const [i, size] of sizes.entries()) {
      const { data, status } = tape.read();
      assert.deepEqual([data.length, tapeStatusName(status)], [size, 'NO_ERROR']);
      assert.ok(Buffer.from(data).equals(bytes(size, i)), `the block of ${size} bytes`);
    }
    tape.readsFilemark();
    tape.readsEndOfData();
  }),
  onTape('keeps the data that is written, whatever becomes of the memory that it came from', [], (tape) => {
    const size = tape.size(8192);
    const block = bytes(size, 1);
    for (let i = 0; i < 5; i++) {
      block.fill(i);
      tape.drive.write(block);
    }
    block.fill(0xff);
    tape.filemarks();
    tape.rewind();
    const memory = new Uint8Array(size);
    for (let i = 0; i < 5; i++) {
      tape.drive.read(memory);
      assert.ok(memory.every((byte) => byte === i));
    }
  }),
  onTape('separates files by filemarks', [], (tape) => {
    tape.write(1, 2);
    tape.filemarks();
    tape.write(3);
    tape.filemarks();
    tape.filemarks();
    tape.write(4);
    tape.filemarks();
    tape.rewind();
    tape.reads(1, 2);
    tape.readsFilemark();
    tape.reads(3);
    tape.readsFilemark();
    tape.readsFilemark();
    tape.reads(4);
    tape.readsFilemark();
    tape.readsEndOfData();
  }),
  onTape('writes several filemarks at once', [], (tape) => {
    tape.write(1);
    tape.filemarks(3);
    tape.write(2);
    tape.filemarks();
    tape.rewind();
    tape.reads(1);
    for (let i = 0; i < 3; i++) tape.readsFilemark();
    tape.reads(2);
  }),
  onTape('writes no mark at all, which makes durable what was written, and goes on', [], (tape) => {
    tape.write(1);
    tape.filemarks(0);
    tape.write(2);
    tape.filemarks(0);
    tape.filemarks(0);
    tape.filemarks();
    tape.rewind();
    tape.reads(1, 2);
    tape.readsFilemark();
  }),
  onTape('takes marks that it need not wait for', ['write-filemarks'], (tape) => {
    tape.write(1);
    tape.drive.writeTapemark(TapemarkType.FILEMARKS, 1, true);
    tape.write(2);
    tape.drive.writeTapemark(TapemarkType.FILEMARKS, 0);
    tape.filemarks();
    tape.rewind();
    tape.reads(1);
    tape.readsFilemark();
    tape.reads(2);
  }),
  onTape('says that a block is larger than the memory for it, and goes on behind it', ['variable-blocks'], (tape) => {
    tape.write(1, 2);
    tape.filemarks();
    tape.rewind();
    refuses('TAPE_INVALID_BLOCK_LENGTH', () => tape.drive.read(new Uint8Array(500)));
    tape.isAt(1);
    tape.reads(2);
    tape.readsFilemark();
  }),
  onTape('names ERROR_MORE_DATA for a block that is larger than the memory for it', ['variable-blocks'], (tape) => {
    tape.write(1);
    tape.filemarks();
    tape.rewind();
    assert.throws(
      () => tape.drive.read(new Uint8Array(500)),
      (error: { details?: { status?: unknown } }) => error.details?.status === TapeStatus.ERROR_MORE_DATA,
    );
  }),
  onTape('reads a block into memory that is larger, and touches no more of it', ['variable-blocks'], (tape) => {
    tape.write(1);
    tape.filemarks();
    tape.rewind();
    const memory = new Uint8Array(5000).fill(0xaa);
    assert.equal(tape.drive.read(memory).bytes, 1001);
    assert.ok(Buffer.from(memory.subarray(0, 1001)).equals(bytes(1001, 1)));
  }),
  onTape('reads and writes blocks of one size, several at a time', ['fixed-blocks', 'set-block-size'], (tape) => {
    const size = fixedSize(tape);
    tape.drive.setMediaParameters({ blockSize: size });
    assert.equal(tape.drive.getMediaParameters().blockSize, size);
    const { bytes: written, status } = tape.drive.write(bytes(5 * size, 7));
    assert.deepEqual([written, tapeStatusName(status)], [5 * size, 'NO_ERROR']);
    tape.drive.write(bytes(size, 8));
    tape.filemarks();
    tape.isAt(7);
    tape.rewind();
    const first = tape.read(new Uint8Array(2 * size));
    assert.ok(Buffer.from(first.data).equals(bytes(5 * size, 7).slice(0, 2 * size)));
    tape.isAt(2);
    const second = tape.read(new Uint8Array(3 * size));
    assert.ok(Buffer.from(second.data).equals(bytes(5 * size, 7).slice(2 * size)));
    const third = tape.read(new Uint8Array(4 * size));
    assert.ok(Buffer.from(third.data).equals(bytes(size, 8)), 'blocks up to the mark');
    // The mark may come with the blocks before it, or with the next read.
    if (third.status === TapeStatus.NO_ERROR) assert.equal(tape.read().status, TapeStatus.ERROR_FILEMARK_DETECTED);
    else assert.equal(third.status, TapeStatus.ERROR_FILEMARK_DETECTED);
    tape.isAt(7);
    tape.readsEndOfData();
  }),
  onTape('refuses memory that is no multiple of the block size', ['fixed-blocks', 'set-block-size'], (tape) => {
    const size = fixedSize(tape);
    tape.drive.setMediaParameters({ blockSize: size });
    tape.drive.write(bytes(size));
    refuses('TAPE_INVALID_BLOCK_LENGTH', () => tape.drive.write(bytes(size + 1)));
    refuses('TAPE_INVALID_BLOCK_LENGTH', () => tape.drive.write(bytes(size - 1)));
    tape.filemarks();
    tape.rewind();
    refuses('TAPE_INVALID_BLOCK_LENGTH', () => tape.drive.read(new Uint8Array(size + 1)));
    assert.equal(tape.read(new Uint8Array(size)).data.length, size);
  }),
  onTape('says that a block has another size than the one that is set', ['fixed-blocks', 'variable-blocks', 'set-block-size'], (tape) => {
    const size = fixedSize(tape);
    tape.drive.write(bytes(size + 8));
    tape.drive.write(bytes(size, 2));
    tape.filemarks();
    tape.rewind();
    tape.drive.setMediaParameters({ blockSize: size });
    refuses('TAPE_INVALID_BLOCK_LENGTH', () => tape.drive.read(new Uint8Array(size)));
  }),
  onTape('refuses block sizes that it says it has not', ['set-block-size'], (tape) => {
    const { maximumBlockSize, minimumBlockSize } = tape.drive.getDriveParameters();
    const before = tape.drive.getMediaParameters().blockSize;
    const wrong = [maximumBlockSize + 1, ...(minimumBlockSize > 1 ? [minimumBlockSize - 1] : [])];
    for (const blockSize of wrong) refuses('TAPE_INVALID_BLOCK_LENGTH', () => tape.drive.setMediaParameters({ blockSize }));
    assert.equal(tape.drive.getMediaParameters().blockSize, before);
  }),
  onTape('makes the end of data behind what is written in the middle', ['overwrite'], (tape) => {
    tape.write(1, 2, 3, 4);
    tape.filemarks();
    tape.write(5);
    tape.filemarks();
    tape.rewind();
    tape.reads(1);
    tape.write(6);
    tape.filemarks();
    tape.readsEndOfData();
    tape.rewind();
    tape.reads(1, 6);
    tape.readsFilemark();
    tape.readsEndOfData();
    tape.rewind();
    tape.write(7);
    tape.filemarks();
    tape.rewind();
    tape.reads(7);
    tape.readsFilemark();
    tape.readsEndOfData();
  }),
  onTape('replaces a filemark that it stands before', ['overwrite', 'space-filemarks', 'reverse'], (tape) => {
    tape.write(1);
    tape.filemarks(2);
    tape.space(TapePositionMethod.SPACE_FILEMARKS, -1);
    tape.write(2);
    tape.filemarks();
    tape.rewind();
    tape.reads(1);
    tape.readsFilemark();
    tape.reads(2);
    tape.readsFilemark();
    tape.readsEndOfData();
  }),
  {
    name: 'gives everything again after it was closed and opened',
    needs: ['reopen'],
    run(harness) {
      const before = new Tape(harness.drive, harness);
      before.begin();
      before.write(1, 2);
      before.filemarks();
      before.write(3);
      before.filemarks();
      const tape = new Tape(harness.reopen!(), harness);
      tape.begin();
      tape.reads(1, 2);
      tape.readsFilemark();
      tape.reads(3);
      tape.readsFilemark();
      tape.write(4);
      tape.filemarks();
      const again = new Tape(harness.reopen!(), harness);
      again.begin();
      again.reads(1, 2);
      again.readsFilemark();
      again.reads(3);
      again.readsFilemark();
      again.reads(4);
      again.readsFilemark();
      again.readsEndOfData();
    },
  },
];

/** A size of fixed blocks that the drive takes. */
function fixedSize(tape: Tape): number {
  const { minimumBlockSize, maximumBlockSize } = tape.drive.getDriveParameters();
  return Math.max(minimumBlockSize, Math.min(1024, maximumBlockSize));
}
