import assert from 'node:assert/strict';
import { TapemarkType, TapePositionMethod as To, TapePositionType } from '../api/index.js';
import { onTape, refuses, type Tape, type TapeDriveCase } from './tape-case.js';

/** Blocks 1 2 | 3 4 5 | 6 | | 7 |: numbers are those of blocks, bars are filemarks. */
function writeFiles(tape: Tape): void {
  tape.write(1, 2);
  tape.filemarks();
  tape.write(3, 4, 5);
  tape.filemarks();
  tape.write(6);
  tape.filemarks(2);
  tape.write(7);
  tape.filemarks();
}
/** Blocks and marks of {@link writeFiles}. */
const END = 12;

/** Positions, and the ways to them. */
export const positionCases: readonly TapeDriveCase[] = [
  onTape('counts blocks and marks alike', ['tell'], (tape) => {
    assert.equal(tape.tell(), 0);
    writeFiles(tape);
    assert.equal(tape.tell(), END);
    tape.rewind();
    assert.equal(tape.tell(), 0);
    tape.reads(1, 2);
    assert.equal(tape.tell(), 2);
    tape.readsFilemark();
    assert.equal(tape.tell(), 3);
    const { partition } = tape.drive.getTapePosition(TapePositionType.LOGICAL);
    assert.ok(partition === 0 || partition === 1, `partition ${partition}`);
  }),
  onTape('goes to any block', ['seek'], (tape) => {
    writeFiles(tape);
    for (const [offset, block] of [
      [4, 4],
      [0, 1],
      [10, 7],
      [7, 6],
      [1, 2],
      [3, 3],
    ] as const) {
      tape.drive.setTapePosition(To.LOGICAL_BLOCK, 0, offset);
      tape.isAt(offset);
      tape.reads(block);
    }
    tape.drive.setTapePosition(To.LOGICAL_BLOCK, 0, 2);
    tape.readsFilemark();
    tape.reads(3);
    tape.drive.setTapePosition(To.LOGICAL_BLOCK, 0, END);
    tape.readsEndOfData();
  }),
  onTape('meets the end of data on the way to a block that is not there', ['seek', 'space-status'], (tape) => {
    writeFiles(tape);
    tape.rewind();
    refuses('TAPE_NO_DATA_DETECTED', () => tape.drive.setTapePosition(To.LOGICAL_BLOCK, 0, END + 5));
  }),
  onTape('comes back to an absolute address', ['tell-absolute', 'seek-absolute'], (tape) => {
    tape.write(1, 2);
    const { offset, partition } = tape.drive.getTapePosition(TapePositionType.ABSOLUTE);
    assert.equal(partition, 0);
    tape.write(3);
    tape.filemarks();
    tape.rewind();
    tape.drive.setTapePosition(To.ABSOLUTE_BLOCK, 0, offset);
    tape.reads(3);
    assert.equal(tape.drive.getTapePosition(TapePositionType.ABSOLUTE).offset > offset, true);
  }),
  onTape('goes to the end of the data, and writes on from there', ['space-end-of-data'], (tape) => {
    writeFiles(tape);
    tape.rewind();
    tape.space(To.SPACE_END_OF_DATA, 0);
    tape.isAt(END);
    tape.readsEndOfData();
    tape.space(To.SPACE_END_OF_DATA, 0);
    tape.write(8);
    tape.filemarks();
    tape.rewind();
    tape.reads(1, 2);
    tape.space(To.SPACE_END_OF_DATA, 0);
    tape.isAt(END + 2);
  }),
  onTape('moves over filemarks', ['space-filemarks'], (tape) => {
    writeFiles(tape);
    tape.rewind();
    tape.space(To.SPACE_FILEMARKS, 1);
    tape.isAt(3);
    tape.reads(3);
    tape.space(To.SPACE_FILEMARKS, 2);
    tape.isAt(9);
    tape.space(To.SPACE_FILEMARKS, 1);
    tape.reads(7);
    tape.rewind();
    tape.space(To.SPACE_FILEMARKS, 4);
    tape.reads(7);
    tape.space(To.SPACE_FILEMARKS, 0);
    tape.readsFilemark();
  }),
  onTape('moves back over filemarks, to the side of the beginning', ['space-filemarks', 'reverse'], (tape) => {
    writeFiles(tape);
    tape.space(To.SPACE_FILEMARKS, -1);
    tape.isAt(END - 1);
    tape.readsFilemark();
    tape.space(To.SPACE_FILEMARKS, -3);
    tape.isAt(8);
    tape.readsFilemark();
    tape.readsFilemark();
    tape.reads(7);
    tape.space(To.SPACE_FILEMARKS, -4);
    tape.isAt(2);
    tape.readsFilemark();
    tape.reads(3);
  }),
  onTape('meets the end of data when there are not that many filemarks', ['space-filemarks'], (tape) => {
    writeFiles(tape);
    tape.rewind();
    tape.space(To.SPACE_FILEMARKS, 6, 'TAPE_NO_DATA_DETECTED');
    tape.isAt(END);
    tape.readsEndOfData();
  }),
  onTape('meets the beginning when there are not that many filemarks', ['space-filemarks', 'reverse'], (tape) => {
    writeFiles(tape);
    tape.space(To.SPACE_FILEMARKS, -6, 'TAPE_BEGINNING_OF_MEDIA');
    tape.isAt(0);
    tape.reads(1);
  }),
  onTape('moves over blocks', ['space-blocks'], (tape) => {
    writeFiles(tape);
    tape.rewind();
    tape.space(To.SPACE_RELATIVE_BLOCKS, 1);
    tape.isAt(1);
    tape.reads(2);
    tape.readsFilemark();
    tape.space(To.SPACE_RELATIVE_BLOCKS, 2);
    tape.isAt(5);
    tape.reads(5);
    tape.space(To.SPACE_RELATIVE_BLOCKS, 0);
    tape.isAt(6);
  }),
  onTape('moves back over blocks', ['space-blocks', 'reverse'], (tape) => {
    writeFiles(tape);
    tape.rewind();
    tape.space(To.SPACE_RELATIVE_BLOCKS, 2);
    tape.readsFilemark();
    tape.reads(3, 4, 5);
    tape.space(To.SPACE_RELATIVE_BLOCKS, -2);
    tape.isAt(4);
    tape.reads(4);
    tape.space(To.SPACE_RELATIVE_BLOCKS, -1);
    tape.reads(4);
  }),
  onTape('stops behind a filemark when moving over blocks', ['space-blocks'], (tape) => {
    writeFiles(tape);
    tape.rewind();
    tape.space(To.SPACE_RELATIVE_BLOCKS, 4, 'TAPE_FILEMARK_DETECTED');
    tape.isAt(3);
    tape.reads(3);
  }),
  onTape('stops before a filemark when moving back over blocks', ['space-blocks', 'reverse'], (tape) => {
    writeFiles(tape);
    tape.rewind();
    tape.reads(1, 2);
    tape.readsFilemark();
    tape.reads(3);
    tape.space(To.SPACE_RELATIVE_BLOCKS, -3, 'TAPE_FILEMARK_DETECTED');
    tape.isAt(2);
    tape.readsFilemark();
    tape.reads(3);
  }),
  onTape('meets the beginning and the end of data when moving over blocks', ['space-blocks', 'reverse'], (tape) => {
    tape.write(1, 2, 3);
    tape.filemarks(0);
    tape.space(To.SPACE_RELATIVE_BLOCKS, -1);
    tape.space(To.SPACE_RELATIVE_BLOCKS, 5, 'TAPE_NO_DATA_DETECTED');
    tape.isAt(3);
    tape.space(To.SPACE_RELATIVE_BLOCKS, -5, 'TAPE_BEGINNING_OF_MEDIA');
    tape.isAt(0);
    tape.reads(1);
  }),
  onTape('goes behind the first of filemarks in a row', ['space-sequential-filemarks'], (tape) => {
    writeFiles(tape);
    tape.rewind();
    tape.space(To.SPACE_SEQUENTIAL_FMKS, 2);
    tape.isAt(10);
    tape.reads(7);
    tape.rewind();
    tape.space(To.SPACE_SEQUENTIAL_FMKS, 3, 'TAPE_NO_DATA_DETECTED');
    tape.isAt(END);
  }),
  onTape('goes back before filemarks in a row', ['space-sequential-filemarks', 'reverse'], (tape) => {
    writeFiles(tape);
    tape.space(To.SPACE_SEQUENTIAL_FMKS, -2);
    tape.isAt(8);
    tape.readsFilemark();
    tape.readsFilemark();
    tape.reads(7);
    tape.space(To.SPACE_SEQUENTIAL_FMKS, -3, 'TAPE_BEGINNING_OF_MEDIA');
    tape.isAt(0);
  }),
  onTape('reports setmarks, and moves over them', ['write-setmarks', 'space-setmarks', 'report-setmarks'], (tape) => {
    if (tape.has('set-report-setmarks')) tape.drive.setDriveParameters({ reportSetmarks: true });
    tape.write(1);
    tape.drive.writeTapemark(TapemarkType.SETMARKS, 1);
    tape.write(2);
    tape.filemarks();
    tape.write(3);
    tape.drive.writeTapemark(TapemarkType.SETMARKS, 2);
    tape.write(4);
    tape.filemarks(0);
    tape.rewind();
    tape.reads(1);
    tape.readsSetmark();
    tape.reads(2);
    tape.rewind();
    tape.space(To.SPACE_SETMARKS, 2);
    tape.isAt(6);
    tape.readsSetmark();
    tape.reads(4);
    tape.space(To.SPACE_SETMARKS, 1, 'TAPE_NO_DATA_DETECTED');
    tape.rewind();
    tape.space(To.SPACE_RELATIVE_BLOCKS, 3, 'TAPE_SETMARK_DETECTED');
    tape.isAt(2);
    if (!tape.has('reverse')) return;
    tape.space(To.SPACE_SETMARKS, -1);
    tape.isAt(1);
    tape.space(To.SPACE_SETMARKS, -1, 'TAPE_BEGINNING_OF_MEDIA');
    tape.space(To.SPACE_END_OF_DATA, 0);
    tape.space(To.SPACE_SEQUENTIAL_SMKS, -2);
    tape.isAt(5);
  }),
  onTape('passes over setmarks that are not to be reported', ['write-setmarks', 'set-report-setmarks'], (tape) => {
    tape.drive.setDriveParameters({ reportSetmarks: false });
    assert.equal(tape.drive.getDriveParameters().reportSetmarks, false);
    tape.write(1);
    tape.drive.writeTapemark(TapemarkType.SETMARKS, 1);
    tape.write(2);
    tape.filemarks();
    tape.rewind();
    tape.reads(1, 2);
    tape.readsFilemark();
    tape.drive.setDriveParameters({ reportSetmarks: true });
    tape.rewind();
    tape.reads(1);
    tape.readsSetmark();
  }),
  ...(['write-short-filemarks', 'write-long-filemarks'] as const).map((need) =>
    onTape(`has ${need === 'write-short-filemarks' ? 'short' : 'long'} filemarks, which are filemarks`, [need], (tape) => {
      const type = need === 'write-short-filemarks' ? TapemarkType.SHORT_FILEMARKS : TapemarkType.LONG_FILEMARKS;
      tape.write(1);
      tape.drive.writeTapemark(type, 2);
      tape.write(2);
      tape.filemarks();
      tape.rewind();
      tape.reads(1);
      tape.readsFilemark();
      tape.readsFilemark();
      tape.reads(2);
    }),
  ),
];
