import { isWinbackError, type WinbackError } from '@winback/core';
import { runSuite } from '@winback/core/testing';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  IscsiChangerDriver,
  IscsiTapeDriver,
  TapemarkType,
  TapePositionMethod,
  TapePrepare,
  TapeStatus,
  type TapeDrive,
} from '../../src/index.js';
import { parseIscsiAddress } from '../../src/iscsi/iscsi-address.js';
import { IscsiTransport } from '../../src/iscsi/iscsi-transport.js';
import { tapeDriveCapabilities, tapeDriveSuite, type TapeDriveCapability } from '../../src/testing/index.js';
import { noTgt, Tgt } from '../../src/testing/tgt.js';

const driver = new IscsiTapeDriver();
const write = { mode: 'write' } as const;

/** What tgt 1.0.85 gets wrong; a C program sees the same. */
const QUIRKS: readonly TapeDriveCapability[] = [
  // SPACE -1 filemark stops one block too early
  'reverse',
  // SPACE of blocks runs through filemarks
  'space-blocks',
  'space-sequential-filemarks',
  // fixed blocks that meet the end of data, or a block of another size, are a medium error
  'fixed-blocks',
  // the unit is ready after UNLOAD, and LOAD does not rewind
  'load-unload',
  'tension',
];

function noise(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = i * 31 + (i >> 8) * seed + seed;
  return bytes;
}

function failure(action: () => unknown): WinbackError {
  try {
    action();
  } catch (error) {
    if (isWinbackError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

async function conformance(): Promise<void> {
  const tgt = await Tgt.start();
  try {
    const address = tgt.addDrive(1024);
    const first = driver.open(address, write);
    const besides = ['reopen', 'overwrite', 'end-of-data-status', 'space-status'] as const;
    const capabilities = tapeDriveCapabilities(first.getDriveParameters(), besides, QUIRKS);
    first[Symbol.dispose]();
    runSuite({ describe, it }, tapeDriveSuite, 'tgt, over iSCSI', capabilities, () => {
      let drive: TapeDrive = driver.open(address, write);
      return {
        get drive() {
          return drive;
        },
        capabilities: new Set(capabilities),
        reopen: () => {
          drive[Symbol.dispose]();
          drive = driver.open(address, write);
          return drive;
        },
        dispose: () => drive[Symbol.dispose](),
      };
    });
    afterAll(() => tgt.end());
  } catch (error) {
    await tgt.kill();
    throw error;
  }
}
if (noTgt === '') await conformance();

describe.skipIf(noTgt)(`an iSCSI tape drive${noTgt}`, () => {
  let tgt: Tgt;
  const open: TapeDrive[] = [];
  const openDrive = (address: string, mode: 'read' | 'write' = 'write'): TapeDrive => {
    open.push(driver.open(address, { mode }));
    return open.at(-1)!;
  };
  beforeAll(async () => {
    tgt = await Tgt.start();
    tgt.addDrive(256);
  });
  afterEach(() => open.splice(0).forEach((drive) => drive[Symbol.dispose]()));
  afterAll(() => tgt.end());
  const address = (): string => tgt.address(Tgt.TARGET, 1);

  it('is there where libiscsi is', () => {
    expect(driver.probe()).toEqual({ available: true });
  });

  it.each([64 * 1024, 1024 * 1024])('carries blocks of %i bytes whole', (size) => {
    const drive = openDrive(address());
    drive.setMediaParameters({ blockSize: 0 });
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    for (let i = 0; i < 16; i++) expect(drive.write(noise(size, i))).toEqual({ bytes: size, status: TapeStatus.NO_ERROR });
    drive.writeTapemark(TapemarkType.FILEMARKS, 1);
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    const memory = new Uint8Array(2 * 1024 * 1024);
    for (let i = 0; i < 16; i++) {
      expect(drive.read(memory)).toEqual({ bytes: size, status: TapeStatus.NO_ERROR });
      expect(Buffer.from(memory.subarray(0, size)).equals(noise(size, i))).toBe(true);
    }
    expect(drive.read(memory)).toEqual({ bytes: 0, status: TapeStatus.ERROR_FILEMARK_DETECTED });
    expect(drive.read(memory)).toEqual({ bytes: 0, status: TapeStatus.ERROR_NO_DATA_DETECTED });
    expect(failure(() => drive.write(new Uint8Array(1024 * 1024 + 1)))).toMatchObject({ code: 'TAPE_INVALID_BLOCK_LENGTH' });
  });

  it('reads blocks of a fixed size up to a filemark', () => {
    const drive = openDrive(address());
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    drive.setMediaParameters({ blockSize: 1024 });
    const data = noise(3 * 1024 * 1024, 5);
    expect(drive.write(data)).toEqual({ bytes: data.length, status: TapeStatus.NO_ERROR });
    drive.writeTapemark(TapemarkType.FILEMARKS, 1);
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    const memory = new Uint8Array(4 * 1024 * 1024);
    expect(drive.read(memory)).toEqual({ bytes: data.length, status: TapeStatus.ERROR_FILEMARK_DETECTED });
    expect(Buffer.from(memory.subarray(0, data.length)).equals(data)).toBe(true);
    drive.setMediaParameters({ blockSize: 0 });
  });

  it('writes nothing that is opened for reading', () => {
    const drive = openDrive(address(), 'read');
    for (const action of [() => drive.write(new Uint8Array(512)), () => drive.writeTapemark(TapemarkType.FILEMARKS, 1)]) {
      expect(failure(action).code).toBe('TAPE_WRITE_PROTECT');
    }
    drive.prepareTape(TapePrepare.LOCK);
    drive.prepareTape(TapePrepare.UNLOCK);
  });

  it('names targets and units that are not there, and those that are something else', () => {
    expect(failure(() => openDrive(tgt.address('iqn.2026-01.winback.test:none', 1)))).toMatchObject({ code: 'TAPE_NOT_FOUND' });
    expect(failure(() => openDrive(tgt.address(Tgt.TARGET, 7)))).toMatchObject({ code: 'TAPE_NOT_FOUND' });
    // unit 0 is tgt's controller
    expect(failure(() => openDrive(tgt.address(Tgt.TARGET, 0)))).toMatchObject({ code: 'TAPE_NOT_FOUND' });
    expect(failure(() => new IscsiChangerDriver().open(address()))).toMatchObject({ code: 'TAPE_NOT_FOUND' });
    expect(failure(() => openDrive('iscsi://127.0.0.1:1/iqn.2026-01.winback.test:none/1'))).toMatchObject({ code: 'TAPE_NOT_FOUND' });
  });

  it('waits no longer than it is told to for a target that says nothing', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const parsed = parseIscsiAddress(`iscsi://127.0.0.1:${String(port)}/iqn.x/1`, {});
    expect(failure(() => new IscsiTransport(parsed, {}, 2)).code).toBe('TAPE_NOT_FOUND');
    silent.close();
  }, 25_000); // 30 s it waits where it is told nothing

  it('says that the connection was lost, and connects anew at the next command', async () => {
    const drive = openDrive(address());
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    drive.write(noise(4096, 1));
    drive.writeTapemark(TapemarkType.FILEMARKS, 1);
    await tgt.kill();
    const lost = failure(() => drive.write(noise(4096, 2)));
    expect(lost).toMatchObject({ code: 'TAPE_BUS_RESET', details: { status: TapeStatus.ERROR_BUS_RESET } });
    expect(lost.message).not.toContain('SENSE KEY');
    expect(failure(() => drive.write(noise(4096, 2))).code).toBe('TAPE_NOT_FOUND');
    expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_FILE_NOT_FOUND);
    await tgt.run();
    tgt.addDrive(256);
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    const memory = new Uint8Array(65_536);
    expect(drive.read(memory).bytes).toBe(4096);
    expect(Buffer.from(memory.subarray(0, 4096)).equals(noise(4096, 1))).toBe(true);
  });

  it('may be closed when the target is gone', async () => {
    const drive = driver.open(address(), write);
    await tgt.kill();
    drive[Symbol.dispose]();
    drive[Symbol.dispose]();
    expect(failure(() => drive.setTapePosition(TapePositionMethod.REWIND, 0, 0)).code).toBe('TAPE_NOT_READY');
    await tgt.run();
    tgt.addDrive(256);
  });
});

describe.skipIf(noTgt)(`CHAP${noTgt}`, () => {
  let tgt: Tgt;
  let address: string;
  const user = { name: 'backup', secret: 'Twelve-or-more-7' };
  const variables = ['LIBISCSI_CHAP_USERNAME', 'LIBISCSI_CHAP_PASSWORD'];
  const clear = (): void => variables.forEach((name) => Reflect.deleteProperty(process.env, name));
  beforeAll(async () => {
    clear();
    tgt = await Tgt.start();
    address = tgt.addDrive(64, user);
  });
  afterEach(clear);
  afterAll(() => tgt.end());

  it('takes the user and the secret from the address, and shows neither', () => {
    using drive = driver.open(address.replace('iscsi://', `iscsi://${user.name}%${user.secret}@`), write);
    expect(drive.getTapeStatus()).toBe(TapeStatus.NO_ERROR);
    expect(drive.name).toBe(address);
  });

  it('takes them from the environment', () => {
    process.env['LIBISCSI_CHAP_USERNAME'] = user.name;
    process.env['LIBISCSI_CHAP_PASSWORD'] = user.secret;
    using drive = driver.open(address, write);
    expect(drive.getTapeStatus()).toBe(TapeStatus.NO_ERROR);
  });

  it('names what was refused, without the secret', () => {
    const wrong = address.replace('iscsi://', `iscsi://${user.name}%not-the-secret-1@`);
    for (const refused of [wrong, address]) {
      const error = failure(() => driver.open(refused, write));
      expect(error.code).toBe('TAPE_ACCESS_DENIED');
      expect(JSON.stringify([error.message, error.details, String(error.stack), error.hint])).not.toMatch(/not-the-secret|Twelve/);
    }
  });
});

describe.skipIf(noTgt)(`an iSCSI changer${noTgt}`, () => {
  let tgt: Tgt;
  let library: { drive: string; changer: string };
  beforeAll(async () => {
    tgt = await Tgt.start();
    library = tgt.addLibrary();
  });
  afterAll(() => tgt.end());

  it('lists its elements, and moves cartridges between slots and the drive', () => {
    using changer = new IscsiChangerDriver().open(library.changer);
    const slot = (i: number, full = true) => ({
      kind: 'slot',
      address: 1024 + i,
      full,
      ...(full ? { volumeTag: `0000000${String(i + 1)}` } : {}),
    });
    const before = [{ kind: 'drive', address: 1, full: false }, ...[0, 1, 2, 3].map((i) => slot(i))];
    const sorted = () => [...changer.elements()].sort((a, b) => a.address - b.address);
    expect(sorted()).toEqual(before);

    using drive = driver.open(library.drive, write);
    expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE);
    expect(failure(() => drive.getMediaParameters()).code).toBe('TAPE_NO_MEDIA_IN_DRIVE');
    changer.move(1025, 1);
    expect(sorted()[0]).toMatchObject({ kind: 'drive', full: true, volumeTag: '00000002' });
    while (drive.getTapeStatus() === TapeStatus.ERROR_MEDIA_CHANGED);
    expect(drive.getTapeStatus()).toBe(TapeStatus.NO_ERROR);
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    drive.write(noise(512, 2));
    drive.writeTapemark(TapemarkType.FILEMARKS, 1);

    expect(failure(() => changer.move(1024, 1)).code).toBe('TAPE_INVALID_PARAMETER');
    expect(failure(() => changer.move(1025, 1026)).code).toMatch(/^TAPE_(NO_MEDIA_IN_DRIVE|INVALID_PARAMETER)$/);
    expect(failure(() => changer.move(1024, 4711)).code).toBe('TAPE_INVALID_PARAMETER');
    expect(failure(() => changer.move(-1, 70_000)).code).toBe('TAPE_INVALID_PARAMETER');

    drive.prepareTape(TapePrepare.UNLOAD);
    changer.move(1, 1025);
    expect(sorted()).toEqual(before);
    expect(drive.getTapeStatus()).not.toBe(TapeStatus.NO_ERROR);
  });
});
