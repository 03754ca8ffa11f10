import assert from 'node:assert/strict';
import { fixedClock, MemoryStreams, neverCancelled, StreamId, systemRandom } from '@winback/core';
import { TapePrepare, TapeStatus, type TapeChanger, type TapeDrive } from '../../../src/api/index.js';
import { CartridgeLibrary } from '../../../src/mtf/tape/cartridge-library.js';
import { changeCartridge } from '../../../src/mtf/tape/change-cartridge.js';
import { MtfTapeTarget } from '../../../src/mtf/tape/mtf-tape-target.js';
import type { ChangeCartridge } from '../../../src/mtf/tape/tape-medium.js';
import type { StCase } from './case.js';
import { driver } from './drives.js';
import { blankCartridges, changerPath, changers, LIBRARY_DRIVE, places } from './library.js';

interface Content {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Bytes that repeat nowhere near. */
function noise(length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0, x = seed | 1; i < length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    out[i] = x;
  }
  return out;
}

const FIRST: readonly Content[] = [
  { path: 'small', bytes: Buffer.from('hello') },
  { path: 'large', bytes: noise(500_007, 1) },
];
const SECOND: readonly Content[] = [
  { path: 'empty', bytes: new Uint8Array(0) },
  { path: 'other', bytes: noise(300_001, 2) },
];
/** More than one cartridge of the library holds. */
const SPANNING: readonly Content[] = Array.from({ length: 3 }, (_, i) => ({ path: String(i), bytes: noise(1_000_000 + i, i + 3) }));

const never: ChangeCartridge = () => {
  throw new Error('one cartridge is enough');
};
const targetOn = (drive: TapeDrive, change = never, library?: CartridgeLibrary): MtfTapeTarget =>
  new MtfTapeTarget(`tape:${drive.name}`, drive, { clock: fixedClock('2026-03-01T12:34:56Z'), random: systemRandom, change, library });

/** As a job does it: opens, writes a set, closes. */
async function backup(target: MtfTapeTarget, files: readonly Content[], started: string): Promise<void> {
  const times = { lastWrite: 1_600_000_000_000_000_000n };
  const entry = { attributes: 0x20, times, linkCount: 1 } as const;
  const writer = target.createSet({ name: 'Test', description: '', machine: 'host', user: 'user', kind: 'copy' });
  writer.beginVolume({ root: '/data', fileSystem: 'ext4', device: '/dev/sda1' });
  writer.add({ ...entry, path: '', kind: 'directory', attributes: 0x10, size: 0 }, new MemoryStreams([]));
  for (const { path, bytes } of files) {
    const streams = new MemoryStreams([{ id: StreamId.DATA, attributes: 0, data: bytes }]);
    writer.add({ ...entry, path, kind: 'file', size: bytes.length }, streams);
  }
  await writer.commit({
    format: 1, software: 'Winback 0.1.0', host: 'host', started, finished: started, include: ['/data'], exclude: [], snapshots: [],
    files: files.length, directories: 1, bytes: 0, excluded: 0, problemCount: 0, problems: [],
  }); // prettier-ignore
}

/** Everything a set holds must be what was written, byte for byte, and nothing may be damaged. */
function recover(target: MtfTapeTarget, id: string, files: readonly Content[]): void {
  const reader = target.openSet(id);
  const found: Content[] = [];
  const piece = new Uint8Array(1 << 20);
  for (let file = reader.next(); file; file = reader.next()) {
    const parts: Uint8Array[] = [];
    for (let header = file.streams.next(); header; header = file.streams.next()) {
      for (let n = file.streams.readInto(piece); n > 0; n = file.streams.readInto(piece))
        if (header.id === StreamId.DATA) parts.push(piece.slice(0, n));
    }
    if (file.entry.kind === 'file') found.push({ path: file.entry.path, bytes: Buffer.concat(parts) });
  }
  assert.deepEqual(reader.damage, []);
  assert.deepEqual(
    found.map(({ path, bytes }) => [path, bytes.length]),
    files.map(({ path, bytes }) => [path, bytes.length]),
  );
  for (const [i, { path, bytes }] of files.entries()) assert.ok(Buffer.from(bytes).equals(found[i]!.bytes), path);
}

const SLOTS = 1024;
const DRIVE = 1;

/** Whole jobs, each with the drive opened anew. */
export const jobCases: readonly StCase[] = [
  {
    name: 'a backup, another one behind it, and both come back whole, from a drive that tells no position',
    async run() {
      blankCartridges();
      using changer = changers.open(changerPath());
      changer.move(SLOTS, DRIVE);
      for (const [files, started] of [
        [FIRST, '2026-03-01T12:34:56Z'],
        [SECOND, '2026-03-02T00:00:00Z'],
      ] as const) {
        const target = targetOn(ready(driver.open(LIBRARY_DRIVE, { mode: 'write' })));
        await backup(target, files, started);
        target.close();
      }
      const target = targetOn(driver.open(LIBRARY_DRIVE, { mode: 'read' }));
      assert.deepEqual(
        target.versions().map(({ id }) => id),
        ['03/01/2026-12:34', '03/02/2026-00:00'],
      );
      assert.deepEqual(target.damage, []);
      recover(target, '03/01/2026-12:34', FIRST);
      recover(target, 'latest', SECOND);
      target.close();
      toSlot(changer, 1);
    },
  },
  {
    name: 'a backup on several cartridges comes back whole; a changer gets them all, the first one too',
    async run() {
      blankCartridges();
      const path = changerPath();
      using changer = changers.open(path);
      const job = (mode: 'read' | 'write'): MtfTapeTarget => {
        const library = new CartridgeLibrary({ open: () => changers.open(path), driveNumber: 0, cancellation: neverCancelled });
        return targetOn(driver.open(LIBRARY_DRIVE, { mode }), changeCartridge(driver, LIBRARY_DRIVE, { library }), library);
      };
      const writing = job('write');
      await backup(writing, SPANNING, '2026-03-01T12:34:56Z');
      writing.close();
      assert.equal(places(changer), 'drive: 2, 1: 1, 3: 3, 4: 4');
      toSlot(changer, 2);
      const reading = job('read');
      recover(reading, 'latest', SPANNING);
      assert.equal(places(changer), 'drive: 2, 1: 1, 3: 3, 4: 4');
      reading.close();
      toSlot(changer, 2);
    },
  },
];

/** Takes the cartridge out of the drive. */
function toSlot(changer: TapeChanger, number: number): void {
  using drive = driver.open(LIBRARY_DRIVE, { mode: 'read' });
  drive.prepareTape(TapePrepare.UNLOAD);
  changer.move(DRIVE, SLOTS + number - 1);
}

/** A drive that another cartridge is in says so first. */
function ready(drive: TapeDrive): TapeDrive {
  for (let tries = 0; tries < 5 && drive.getTapeStatus() !== TapeStatus.NO_ERROR; tries++);
  return drive;
}
