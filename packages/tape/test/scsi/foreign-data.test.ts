import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSupportedCommands } from '../../src/scsi/abilities.js';
import { decodeAttributes, decodeLogPage } from '../../src/scsi/capacity.js';
import { decodeElements } from '../../src/scsi/elements.js';
import { decodeMode } from '../../src/scsi/mode.js';
import { ScsiTapeDrive, TapePositionMethod, TapePositionType, type ScsiResult, type ScsiTransport } from '../../src/index.js';
import { isWinbackError } from '@winback/core';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** As tgt answers about its drives: the last eight bytes of the last barcode's field are missing. */
const DRIVES = hex(
  '000100010000003c' + '04800034' + '00000034' + '000101000000000000800401' + Buffer.from('WB0002L6'.padEnd(32)).toString('hex'),
);

describe('what devices answer', () => {
  it('elements, with barcodes and where they came from', () => {
    const drive = { kind: 'drive', address: 1, full: true, volumeTag: 'WB0002L6', source: 1025 };
    expect(decodeElements(DRIVES)).toEqual([drive]);
    const noSource = DRIVES.slice();
    noSource[25] = 0;
    expect(decodeElements(noSource)).toEqual([{ kind: 'drive', address: 1, full: true, volumeTag: 'WB0002L6' }]);
    const empty = DRIVES.slice();
    empty[18] = 0;
    expect(decodeElements(empty)).toEqual([{ kind: 'drive', address: 1, full: false }]);
    const noTags = DRIVES.slice();
    noTags[9] = 0;
    expect(decodeElements(noTags)).toEqual([{ kind: 'drive', address: 1, full: true, source: 1025 }]);
    const picker = DRIVES.slice();
    picker[8] = 1;
    expect(decodeElements(picker)).toEqual([]);
  });

  it('mode data with a page behind the block descriptor', () => {
    expect(decodeMode(hex('1b90100846000000000004008f0ec0800000000100000001000000000000'.slice(0, 56)), 0x0f)).toMatchObject({
      writeProtected: false,
      bufferedMode: 1,
      density: 0x46,
      blockLength: 1024,
    });
    expect(decodeMode(hex('0300900000'), 0)).toMatchObject({ writeProtected: true, blockLength: 0 });
    expect(decodeMode(hex('0b00100800000000'), 0)).toMatchObject({ blockLength: 0 });
    expect(decodeMode(hex('ffff'), 0)).toBeUndefined();
  });

  it('capacities', () => {
    expect(decodeLogPage(hex('31000010' + '0001000400000010' + '0003000400000020'), 0x31)).toEqual(
      new Map([
        [1, 16],
        [3, 32],
      ]),
    );
    expect(decodeLogPage(hex('3000000800010004' + '00000010'), 0x31).size).toBe(0);
    expect(decodeAttributes(hex('0000000d' + '000080000800000000000000ff'.slice(0, 26)))).toEqual(new Map([[0, 255]]));
  });

  it('commands that are there', () => {
    expect(decodeSupportedCommands(hex('00000010' + '0000000000000006' + '2b0000000000000a'))).toEqual(new Set([0, 0x2b]));
    expect(decodeSupportedCommands(hex('00000000'))).toBeUndefined();
  });

  it('are understood as far as they go, and never end badly', () => {
    const decoders = [
      decodeElements,
      decodeAttributes,
      decodeSupportedCommands,
      (b: Uint8Array) => decodeLogPage(b, b[0]! & 0x3f),
      (b: Uint8Array) => decodeMode(b, 0x0f),
    ];
    for (let length = 0; length <= DRIVES.length; length++) decoders.forEach((decode) => decode(DRIVES.subarray(0, length)));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => decoders.forEach((decode) => decode(bytes))));
  });

  it('are never as many elements as a header claims, only as there are', () => {
    const bytes = new Uint8Array(64).fill(0xff);
    expect(decodeElements(bytes)).toEqual([]);
    bytes.set(hex('00000000000000ff' + '02000001' + '00ffffff'));
    expect(decodeElements(bytes)).toEqual([]);
  });
});

/** A device that answers any bytes, and sense data of any kind. */
class Noise implements ScsiTransport {
  readonly name = 'noise';
  #next = 0;
  constructor(private readonly bytes: Uint8Array) {}
  close(): void {
    this.#next = 0;
  }
  command(cdb: Uint8Array, direction: 'none' | 'read' | 'write', buffer: Uint8Array): ScsiResult {
    if (cdb[0] === 0x12) {
      buffer.fill(0);
      buffer[0] = 1;
      return { status: 0, sense: new Uint8Array(0), residual: 0 };
    }
    const byte = (): number => this.bytes[this.#next++ % this.bytes.length]!;
    if (direction === 'read') for (let i = 0; i < Math.min(buffer.length, 64); i++) buffer[i] = byte();
    const status = [0, 0, 2, 8, 0x18, 0xff][byte() % 6]!;
    const sense = Uint8Array.from({ length: byte() % 32 }, byte);
    if (sense.length > 0) sense[0] = [0x70, 0xf0, 0x71, 0x72, 0x73][byte() % 5]!;
    return { status, sense, residual: (byte() * 3 - 100) % 200 };
  }
}

describe('a device that answers anything', () => {
  it('makes calls end with a value or a WinbackError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 300 }), (bytes) => {
        const tried = (action: () => unknown): void => {
          try {
            action();
          } catch (error) {
            if (!isWinbackError(error)) throw error;
          }
        };
        tried(() => {
          const drive = ScsiTapeDrive.open(new Noise(bytes), { mode: 'write' });
          const memory = new Uint8Array(2048);
          tried(() => drive.getDriveParameters());
          tried(() => drive.getMediaParameters());
          tried(() => drive.getTapePosition(TapePositionType.LOGICAL));
          tried(() => drive.setMediaParameters({ blockSize: 512 }));
          tried(() => drive.setDriveParameters({ compression: true }));
          tried(() => drive.createTapePartition(2, 2, 1));
          tried(() => drive.setTapePosition(TapePositionMethod.SPACE_FILEMARKS, 0, -1));
          for (const transfer of [() => drive.read(memory), () => drive.write(memory)]) {
            tried(() => {
              const { bytes: done } = transfer();
              expect(done).toBeGreaterThanOrEqual(0);
              expect(done).toBeLessThanOrEqual(memory.length);
            });
          }
          tried(() => drive.writeTapemark(1, 1));
          tried(() => drive.getTapeStatus());
          drive[Symbol.dispose]();
        });
      }),
      { numRuns: 300 },
    );
  });
});
