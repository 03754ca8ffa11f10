import { describe, expect, it } from 'vitest';
import { cdb } from '../../src/scsi/cdb.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('command descriptor blocks', () => {
  it.each([
    ['TEST UNIT READY', cdb.testUnitReady(), '000000000000'],
    ['REWIND, immediate', cdb.rewind(true), '010100000000'],
    ['REQUEST SENSE', cdb.requestSense(252), '03000000fc00'],
    ['FORMAT MEDIUM, partitions', cdb.formatMedium(1), '040001000000'],
    ['READ BLOCK LIMITS', cdb.readBlockLimits(), '050000000000'],
    ['INITIALIZE ELEMENT STATUS', cdb.initializeElementStatus(), '070000000000'],
    ['READ(6), variable', cdb.read6(false, 0x010203), '080001020300'],
    ['READ(6), fixed', cdb.read6(true, 4), '080100000400'],
    ['WRITE(6), variable', cdb.write6(false, 65_536), '0a0001000000'],
    ['WRITE FILEMARKS(6)', cdb.writeFilemarks6(2), '100000000200'],
    ['WRITE FILEMARKS(6), setmarks, immediate', cdb.writeFilemarks6(1, true, true), '100300000100'],
    ['SPACE(6), back over filemarks', cdb.space(1, -1), '1101ffffff00'],
    ['SPACE(6), blocks', cdb.space(0, 0x7f_ffff), '11007fffff00'],
    ['SPACE(16)', cdb.space(0, 0x80_0000), '91000000000000000080000000000000'],
    ['SPACE(16), back', cdb.space(1, -0x80_0000), '91010000ffffffffff80000000000000'],
    ['INQUIRY', cdb.inquiry(96), '120000006000'],
    ['MODE SELECT(6)', cdb.modeSelect6(12), '151000000c00'],
    ['MODE SENSE(6)', cdb.modeSense6(0x0f, 255), '1a000f00ff00'],
    ['MODE SENSE(6), changeable values', cdb.modeSense6(0x10, 255, 1), '1a005000ff00'],
    ['ERASE(6), long, immediate', cdb.erase6(true, true), '190300000000'],
    ['LOAD', cdb.loadUnload(true), '1b0000000100'],
    ['LOAD, with tension', cdb.loadUnload(true, { tension: true, immediate: true }), '1b0100000300'],
    ['UNLOAD', cdb.loadUnload(false), '1b0000000000'],
    ['PREVENT', cdb.preventAllow(true), '1e0000000100'],
    ['LOCATE(10)', cdb.locate(0x01020304), '2b000001020304000000'],
    ['LOCATE(10), another partition', cdb.locate(1, 2), '2b020000000001000200'],
    ['LOCATE(16)', cdb.locate(0x1_0000_0000, 1), '92020001000000010000000000000000'],
    ['READ POSITION, short', cdb.readPosition(0), '34000000000000000000'],
    ['READ POSITION, long', cdb.readPosition(6), '34060000000000000000'],
    ['LOG SENSE', cdb.logSense(0x31, 512), '4d007100000000020000'],
    ['READ ATTRIBUTE', cdb.readAttribute(1, 2, 512), '8c000000000000020001000002000000'],
    ['REPORT SUPPORTED OPERATION CODES', cdb.reportSupportedOperationCodes(4096), 'a30c00000000000010000000'],
    ['MOVE MEDIUM', cdb.moveMedium(1024, 1, 16), 'a50000100400000100000000'],
    ['READ ELEMENT STATUS', cdb.readElementStatus(4, 0xffff), 'b8140000ffff0000ffff0000'],
  ])('%s', (_, bytes, expected) => {
    expect(hex(bytes)).toBe(expected);
  });

  it('refuse lengths that they have no room for', () => {
    expect(() => cdb.read6(false, 0x100_0000)).toThrow(/u24be/);
    expect(() => cdb.writeFilemarks6(-1)).toThrow(/u24be/);
  });
});
