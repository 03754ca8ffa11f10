import assert from 'node:assert/strict';
import { isWinbackError } from '@winback/core';
import {
  FeaturesHigh,
  FeaturesLow,
  TapeErase,
  TapemarkType,
  TapePartitionMethod,
  TapePositionMethod as To,
  TapePositionType,
  TapePrepare,
  TapeStatus,
} from '../api/index.js';
import { bytes, onTape, refuses, Tape, type TapeDriveCase } from './tape-case.js';

const has = (bits: number, bit: number): boolean => (bits & bit) !== 0;

/** The cartridge as a whole: its sizes, ends and partitions, and what a drive is set to. */
export const mediaCases: readonly TapeDriveCase[] = [
  onTape('tells parameters that fit one another', [], (tape) => {
    const drive = tape.drive.getDriveParameters();
    assert.ok(drive.maximumBlockSize >= 512 && drive.minimumBlockSize <= drive.maximumBlockSize);
    assert.ok(drive.defaultBlockSize === 0 || drive.defaultBlockSize <= drive.maximumBlockSize);
    assert.ok(drive.featuresLow >= 0 && drive.featuresHigh >= 0, 'features are bits of an unsigned number');
    assert.ok(has(drive.featuresLow, FeaturesLow.FIXED_BLOCK | FeaturesLow.VARIABLE_BLOCK), 'neither fixed nor variable blocks');
    const media = tape.drive.getMediaParameters();
    assert.equal(media.writeProtected, false);
    if (has(drive.featuresLow, FeaturesLow.TAPE_CAPACITY)) assert.ok(media.capacity > 0);
    else assert.equal(media.capacity, 0);
    if (!has(drive.featuresLow, FeaturesLow.TAPE_REMAINING)) assert.equal(media.remaining, 0);
    assert.equal(tape.drive.getTapeStatus(), TapeStatus.NO_ERROR);
    assert.notEqual(tape.drive.name, '');
  }),
  onTape('refuses what its features do not name, and numbers that are no operation', [], (tape) => {
    const { featuresLow, featuresHigh } = tape.drive.getDriveParameters();
    const unsupported = (action: () => void): void => refuses('TAPE_UNSUPPORTED', action);
    const { drive } = tape;
    tape.write(1);
    tape.filemarks();
    // Numbers come from outside as well: from scripts, and from other systems' callers.
    unsupported(() => drive.setTapePosition(99 as 0, 0, 0));
    unsupported(() => drive.writeTapemark(99 as 0, 1));
    unsupported(() => drive.eraseTape(99 as 0));
    unsupported(() => drive.prepareTape(99 as 0));
    unsupported(() => drive.getTapePosition(99 as 0));
    unsupported(() => drive.createTapePartition(99 as 0, 1, 0));
    if (!has(featuresHigh, FeaturesHigh.WRITE_SETMARKS)) unsupported(() => drive.writeTapemark(TapemarkType.SETMARKS, 1));
    if (!has(featuresHigh, FeaturesHigh.WRITE_SHORT_FMKS)) unsupported(() => drive.writeTapemark(TapemarkType.SHORT_FILEMARKS, 1));
    if (!has(featuresHigh, FeaturesHigh.SETMARKS)) unsupported(() => drive.setTapePosition(To.SPACE_SETMARKS, 0, 1));
    if (!has(featuresHigh, FeaturesHigh.FORMAT)) unsupported(() => drive.prepareTape(TapePrepare.FORMAT));
    if (!has(featuresLow, FeaturesLow.INITIATOR)) unsupported(() => drive.createTapePartition(TapePartitionMethod.INITIATOR, 2, 1));
    tape.rewind();
    tape.reads(1);
  }),
  onTape('makes an end of data where it is told to', ['erase-short', 'overwrite'], (tape) => {
    tape.write(1, 2, 3);
    tape.filemarks();
    tape.rewind();
    tape.reads(1);
    tape.drive.eraseTape(TapeErase.SHORT);
    tape.rewind();
    tape.reads(1);
    tape.readsEndOfData();
    tape.rewind();
    tape.drive.eraseTape(TapeErase.SHORT);
    tape.rewind();
    tape.readsEndOfData();
  }),
  onTape('erases all that is left of a partition', ['erase-long', 'small-cartridge'], (tape) => {
    tape.write(1, 2, 3);
    tape.filemarks();
    tape.rewind();
    tape.drive.eraseTape(TapeErase.LONG);
    tape.rewind();
    tape.readsEndOfData();
    tape.rewind();
    tape.write(4);
    tape.filemarks();
    tape.rewind();
    tape.reads(4);
  }),
  onTape('has less room the more is written', ['remaining'], (tape) => {
    const before = tape.drive.getMediaParameters().remaining;
    for (let i = 0; i < 64; i++) tape.drive.write(bytes(tape.size(16_384), i));
    tape.filemarks();
    const after = tape.drive.getMediaParameters();
    assert.ok(after.remaining <= before, `${after.remaining} is more than ${before}`);
    if (tape.has('capacity')) assert.ok(after.remaining <= after.capacity);
  }),
  onTape('warns before the end of the medium, has room for a little more, and ends', ['small-cartridge'], (tape) => {
    const size = tape.size(32_768);
    const block = bytes(size, 3);
    let whole = 0;
    let warned = -1;
    for (;;) {
      const { bytes: written, status } = tape.drive.write(block);
      if (written === size) whole++;
      if (status === TapeStatus.ERROR_END_OF_MEDIA) {
        assert.equal(written, size, 'with the early warning all is on the tape');
        if (warned < 0) warned = whole;
      } else if (status !== TapeStatus.NO_ERROR) {
        assert.equal(status, TapeStatus.ERROR_EOM_OVERFLOW);
        assert.equal(written, 0);
        break;
      }
      assert.ok(whole < 100_000, 'the cartridge has no end');
    }
    assert.ok(warned > 0 && warned <= whole, 'no early warning');
    // Marks are written where the end is near; that it is may be told.
    tape.rewind();
    const memory = new Uint8Array(size);
    for (let i = 0; i < whole; i++) {
      const { bytes: read, status } = tape.drive.read(memory);
      assert.deepEqual([read, status], [size, TapeStatus.NO_ERROR], `block ${i}`);
    }
    assert.ok(Buffer.from(memory).equals(block));
    tape.readsEndOfData();
  }),
  onTape('writes marks behind the early warning', ['small-cartridge'], (tape) => {
    const size = tape.size(32_768);
    let whole = 0;
    for (; ; whole++) if (tape.drive.write(bytes(size, whole)).status === TapeStatus.ERROR_END_OF_MEDIA) break;
    try {
      tape.filemarks(2);
    } catch (error) {
      assert.ok(isWinbackError(error, 'TAPE_END_OF_MEDIA'), String(error));
    }
    tape.rewind();
    const memory = new Uint8Array(size);
    for (let i = 0; i <= whole; i++) assert.equal(tape.drive.read(memory).bytes, size);
    tape.readsFilemark();
    tape.readsFilemark();
    tape.readsEndOfData();
  }),
  onTape('keeps what the compression is set to', ['compression', 'set-compression'], (tape) => {
    for (const compression of [true, false, true]) {
      tape.drive.setDriveParameters({ compression });
      assert.equal(tape.drive.getDriveParameters().compression, compression);
      tape.rewind();
      tape.write(1, 2);
      tape.filemarks();
      tape.rewind();
      tape.reads(1, 2);
    }
  }),
  onTape('locks and unlocks the cartridge', ['lock'], (tape) => {
    tape.drive.prepareTape(TapePrepare.LOCK);
    tape.write(1);
    tape.filemarks();
    tape.drive.prepareTape(TapePrepare.UNLOCK);
    tape.rewind();
    tape.reads(1);
  }),
  onTape('unloads the cartridge and loads it again', ['load-unload'], (tape) => {
    tape.write(1);
    tape.filemarks();
    tape.drive.prepareTape(TapePrepare.UNLOAD);
    assert.notEqual(tape.drive.getTapeStatus(), TapeStatus.NO_ERROR);
    assert.throws(
      () => tape.drive.read(new Uint8Array(65_536)),
      (error) => isWinbackError(error),
    );
    tape.drive.prepareTape(TapePrepare.LOAD);
    // A drive may say once that there is another cartridge in it.
    for (let i = 0; i < 3 && tape.drive.getTapeStatus() !== TapeStatus.NO_ERROR; i++);
    assert.equal(tape.drive.getTapeStatus(), TapeStatus.NO_ERROR);
    tape.begin();
    tape.reads(1);
  }),
  onTape('winds the tape for tension, and stands at its beginning then', ['tension'], (tape) => {
    tape.write(1);
    tape.filemarks();
    tape.drive.prepareTape(TapePrepare.TENSION);
    tape.isAt(0);
    tape.reads(1);
  }),
  onTape('formats the cartridge: nothing is on it then', ['format'], (tape) => {
    tape.write(1);
    tape.filemarks();
    tape.rewind();
    tape.drive.prepareTape(TapePrepare.FORMAT);
    tape.begin();
    assert.equal(tape.drive.getMediaParameters().partitionCount, 1);
    tape.readsEndOfData();
  }),
  onTape('divides the cartridge as it likes, into parts that hold each their own', ['select-partitions'], (tape) => {
    tape.drive.createTapePartition(TapePartitionMethod.SELECT, 2, 0);
    twoPartitions(tape);
  }),
  onTape('divides the cartridge as it is told, the second part of the size that is asked for', ['initiator-partitions'], (tape) => {
    tape.drive.createTapePartition(TapePartitionMethod.INITIATOR, 2, 2);
    twoPartitions(tape, 2_000_000);
  }),
];

/** @param size bytes that the second one is to have at least */
function twoPartitions(tape: Tape, size?: number): void {
  try {
    assert.equal(tape.drive.getMediaParameters().partitionCount, 2);
    tape.begin();
    tape.rewind(1);
    tape.write(1, 2);
    tape.filemarks();
    tape.rewind(2);
    tape.readsEndOfData();
    tape.rewind(2);
    const { capacity } = tape.drive.getMediaParameters();
    if (size !== undefined && tape.has('capacity')) assert.ok(capacity >= size && capacity < 2 * size, `${capacity} bytes`);
    tape.write(3);
    tape.filemarks();
    if (tape.has('tell')) assert.deepEqual(tape.drive.getTapePosition(TapePositionType.LOGICAL), { partition: 2, offset: 2 });
    tape.rewind(1);
    tape.reads(1, 2);
    tape.readsFilemark();
    tape.readsEndOfData();
    if (tape.has('seek')) {
      tape.drive.setTapePosition(To.LOGICAL_BLOCK, 2, 0);
      tape.reads(3);
      tape.drive.setTapePosition(To.LOGICAL_BLOCK, 1, 1);
      tape.reads(2);
    }
    tape.rewind(1);
    tape.write(4);
    tape.filemarks();
    tape.rewind(2);
    tape.reads(3);
    tape.readsFilemark();
    tape.readsEndOfData();
    refuses('TAPE_DEVICE_NOT_PARTITIONED', () => tape.rewind(3));
  } finally {
    // The next case finds one partition again.
    tape.rewind(1);
    const { featuresLow } = tape.drive.getDriveParameters();
    const method = has(featuresLow, FeaturesLow.SELECT) ? TapePartitionMethod.SELECT : TapePartitionMethod.INITIATOR;
    tape.drive.createTapePartition(method, 1, 0);
  }
  assert.equal(tape.drive.getMediaParameters().partitionCount, 1);
}
