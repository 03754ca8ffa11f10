import { describe, expect, it } from 'vitest';
import { isWinbackError, type Platform } from '@winback/core';
import {
  TapeErase,
  TapemarkType,
  TapePositionMethod as To,
  TapePositionType,
  TapePrepare,
  TapeStatus as S,
  tapeStatusName,
  type TapeDrive,
} from '../../src/index.js';
import { LinuxTapeDriver } from '../../src/linux/index.js';
import { Gmt } from '../../src/linux/mtio.js';
import { FakeSt } from './fake-st.js';

const LINUX: Platform = { os: 'linux', arch: 'x64', release: '6', hostName: '', userName: '', userId: 0 };
const [EIO, EACCES, EBUSY, EINVAL, ENOMEM, ENOSPC, EROFS, ENOMEDIUM] = [5, 13, 16, 22, 12, 28, 30, 123];

const open = (st: FakeSt, mode: 'read' | 'write' = 'write', address = '/dev/nst0'): TapeDrive =>
  new LinuxTapeDriver(LINUX, () => st).open(address, { mode });

/** An open drive, with what is asked of it from here on in the log. */
function opened(prepare: (st: FakeSt) => void = () => undefined): { st: FakeSt; drive: TapeDrive } {
  const st = new FakeSt();
  prepare(st);
  const drive = open(st);
  st.log.length = 0;
  return { st, drive };
}

/** The name of the status that an action fails with. */
function failure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isWinbackError(error)) return String(error.details['name']);
    throw error;
  }
  return 'nothing';
}

const read = ({ drive }: { drive: TapeDrive }, size = 1024): [number, string | undefined] => {
  const { bytes, status } = drive.read(new Uint8Array(size));
  return [bytes, tapeStatusName(status)];
};
const write = ({ drive }: { drive: TapeDrive }, size = 1024): [number, string | undefined] => {
  const { bytes, status } = drive.write(new Uint8Array(size));
  return [bytes, tapeStatusName(status)];
};

const sense = (key: number, asc: number, ascq = 0): Uint8Array =>
  Uint8Array.of(0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq, 0, 0, 0, 0);

describe("drives of Linux' st: opening", () => {
  it('claims names of drives, and nothing else', () => {
    const driver = new LinuxTapeDriver(LINUX, () => new FakeSt());
    for (const address of ['/dev/nst0', '/dev/st12', '/dev/nst0a', '/dev/tape/by-id/scsi-3500-nst', '/dev/tape/by-path/pci-1-nst']) {
      expect(driver.claims(address), address).toBe(true);
    }
    for (const address of [
      '/dev/sda',
      'nst0',
      '/dev/nst',
      '/dev/nst0/..',
      '/dev/tape/by-id/../../sda',
      String.raw`\\.\TAPE0`,
      'tape.img',
      '',
    ]) {
      expect(driver.claims(address), address).toBe(false);
    }
  });

  it('is available on Linux with 64 bits, where the calls can be bound', () => {
    const unbound = (): never => {
      throw new Error('no koffi');
    };
    expect(new LinuxTapeDriver(LINUX, () => new FakeSt()).probe().available).toBe(true);
    expect(new LinuxTapeDriver({ ...LINUX, os: 'win32' }, () => new FakeSt()).probe().available).toBe(false);
    expect(new LinuxTapeDriver({ ...LINUX, arch: 'arm' }, () => new FakeSt()).probe().available).toBe(false);
    expect(new LinuxTapeDriver(LINUX, unbound).probe()).toMatchObject({
      available: false,
      reason: expect.stringContaining('no koffi') as string,
    });
    expect(() => new LinuxTapeDriver(LINUX, unbound).open('/dev/nst0', { mode: 'read' })).toThrow('no koffi');
  });

  it('opens the device that does not rewind, also behind a link', () => {
    for (const [address, path] of [
      ['/dev/st0', '/dev/nst0'],
      ['/dev/nst3', '/dev/nst3'],
      ['/dev/tape/by-id/scsi-1', '/dev/nst4'],
    ] as const) {
      const st = new FakeSt();
      expect(open(st, 'write', address).name).toBe(address);
      expect(st.log[0]).toBe(`open ${path} rw`);
    }
  });

  it.each([
    [2, 'ERROR_FILE_NOT_FOUND'],
    [6, 'ERROR_FILE_NOT_FOUND'],
    [19, 'ERROR_FILE_NOT_FOUND'],
    [1, 'ERROR_ACCESS_DENIED'],
    [EBUSY, 'ERROR_SHARING_VIOLATION'],
    [EIO, 'ERROR_NOT_READY'],
  ])('errno %i is %s', (errno, name) => {
    const st = new FakeSt();
    st.opens = [-errno];
    expect(failure(() => open(st))).toBe(name);
  });

  it('opens write-protected cartridges, and refuses to write to them', () => {
    for (const errno of [EROFS, EACCES]) {
      const { st, drive } = opened((fake) => {
        fake.opens = [-errno, 4];
        fake.flags = Gmt.ONLINE | Gmt.WR_PROT;
      });
      expect(drive.getMediaParameters().writeProtected).toBe(true);
      expect(failure(() => drive.write(new Uint8Array(512)))).toBe('ERROR_WRITE_PROTECT');
      expect(failure(() => drive.writeTapemark(TapemarkType.FILEMARKS, 1))).toBe('ERROR_WRITE_PROTECT');
      expect(failure(() => drive.eraseTape(TapeErase.SHORT))).toBe('ERROR_WRITE_PROTECT');
      expect(st.log).toEqual([]);
    }
  });

  it('says that access is denied where a device may be read only, and its cartridge is not protected', () => {
    const st = new FakeSt();
    st.opens = [-EACCES, 4];
    expect(failure(() => open(st))).toBe('ERROR_ACCESS_DENIED');
    expect(st.log).toEqual(['open /dev/nst0 rw', 'open /dev/nst0 ro', 'close']);
  });

  it('sets options while it is open, and puts them back', () => {
    const st = new FakeSt();
    const drive = open(st);
    expect(st.log).toEqual(['open /dev/nst0 rw', 'SETDRVBUFFER 0x30000820', 'SETDRVBUFFER 0x40000007']);
    st.log.length = 0;
    drive[Symbol.dispose]();
    drive[Symbol.dispose]();
    expect(st.log).toEqual(['SETDRVBUFFER 0x40000820', 'SETDRVBUFFER 0x30000007', 'close']);
  });

  it('leaves options that were on before', () => {
    const st = new FakeSt();
    st.options = '0x00000820\n';
    open(st)[Symbol.dispose]();
    expect(st.log).toEqual(['open /dev/nst0 rw', 'SETDRVBUFFER 0x30000820', 'SETDRVBUFFER 0x40000000', 'SETDRVBUFFER 0x40000000', 'close']);
  });

  it('has addresses only, not positions, where options must not be set', () => {
    const { drive } = opened((st) => (st.operations = { SETDRVBUFFER: [EACCES] }));
    expect(failure(() => drive.getTapePosition(TapePositionType.LOGICAL))).toBe('ERROR_NOT_SUPPORTED');
    expect(drive.getTapePosition(TapePositionType.ABSOLUTE)).toEqual({ partition: 0, offset: 0 });
    expect(failure(() => drive.setTapePosition(To.LOGICAL_BLOCK, 0, 1))).toBe('ERROR_NOT_SUPPORTED');
  });
});

describe("drives of Linux' st: reading", () => {
  it.each([
    [Gmt.EOF, 'ERROR_FILEMARK_DETECTED'],
    [Gmt.EOF | Gmt.SM, 'ERROR_SETMARK_DETECTED'],
    [Gmt.EOD, 'ERROR_NO_DATA_DETECTED'],
    [Gmt.EOF | Gmt.EOD, 'ERROR_NO_DATA_DETECTED'],
    [Gmt.EOT, 'ERROR_END_OF_MEDIA'],
  ])('nothing with flags %i is %s', (flags, name) => {
    const fake = opened((st) => {
      st.reads = [0];
      st.flags = (Gmt.ONLINE | flags) >>> 0;
    });
    expect(read(fake)).toEqual([0, name]);
  });

  it('nothing without a flag is an error, not a block of no bytes', () => {
    const fake = opened((st) => (st.reads = [0]));
    expect(failure(() => read(fake))).toBe('ERROR_IO_DEVICE');
  });

  it.each([
    [ENOMEM, 'ERROR_MORE_DATA'],
    [EINVAL, 'ERROR_INVALID_BLOCK_LENGTH'],
    [EIO, 'ERROR_IO_DEVICE'],
  ])('errno %i is %s', (errno, name) => {
    const fake = opened((st) => {
      st.reads = [-errno];
      st.operations = { EOM: [EIO] };
    });
    expect(failure(() => read(fake))).toBe(name);
  });

  it('a second read at the end of the data, which st fails, meets it again', () => {
    const fake = opened((st) => {
      st.reads = [-EIO];
      st.flags = Gmt.ONLINE | Gmt.EOD;
    });
    expect(read(fake)).toEqual([0, 'ERROR_NO_DATA_DETECTED']);
  });

  it.each([
    [sense(8, 0, 5), 'ERROR_NO_DATA_DETECTED'],
    [sense(3, 0x11), 'ERROR_CRC'],
    [sense(4, 0x44), 'ERROR_IO_DEVICE'],
  ])('asks the drive itself what an error was', (found, name) => {
    const fake = opened((st) => {
      st.reads = [-EIO];
      st.scsi = (cdb) => (cdb[0] === 0x08 ? { status: 2, sense: found } : { status: 0 });
    });
    const [bytes, status] = name === 'ERROR_NO_DATA_DETECTED' ? read(fake) : [0, failure(() => read(fake))];
    expect([bytes, status]).toEqual([0, name]);
  });

  it('without that, looks whether the way to the end of the data is none', () => {
    const fake = opened((st) => (st.reads = [-EIO]));
    expect(read(fake)).toEqual([0, 'ERROR_NO_DATA_DETECTED']);
    expect(fake.st.log).toEqual(['EOM 1']);
  });

  it('and goes back where there is one', () => {
    const fake = opened((st) => {
      st.reads = [-EIO];
      st.position = 5;
      st.operations = { EOM: [() => ((st.position = 9), 0)] };
    });
    expect(failure(() => read(fake))).toBe('ERROR_IO_DEVICE');
    expect(fake.st.log).toEqual(['EOM 1', 'SEEK 5']);
  });

  it('a block that ends the medium is none where the data end there, and the block before is another one', () => {
    const [READ, SPACE] = [0x08, 0x11];
    const BLANK = { status: 2, sense: sense(0x48, 0, 0) };
    const MARK = { status: 2, sense: sense(0x80, 0, 1) };
    const answers: { status?: number; sense?: Uint8Array; fill?: number }[] = [];
    const sent: string[] = [];
    const tape = opened((st) => {
      st.position = undefined;
      st.flags = Gmt.ONLINE | Gmt.EOT;
      st.scsi = ([command, code, , , count], data) => {
        if (command !== READ && command !== SPACE) return {};
        sent.push(command === READ ? 'read' : `space ${String(code)} ${String(count === 0xff ? -1 : count)}`);
        const { fill, ...answer } = answers.shift()!;
        if (fill !== undefined) data.fill(fill);
        return answer;
      };
    });
    const tries = (...given: typeof answers): [readonly [number, string | undefined], string[]] => {
      tape.st.reads.push(1024);
      answers.splice(0, Infinity, ...given);
      sent.length = 0;
      return [read(tape), [...sent]];
    };
    const [nothing, block] = [[0, 'ERROR_NO_DATA_DETECTED'], [1024, 'NO_ERROR']]; // prettier-ignore
    expect(tries(BLANK, { status: 2, sense: sense(0, 0, 4) })).toEqual([nothing, ['read', 'space 0 -1']]);
    expect(tries(BLANK, MARK, {})).toEqual([nothing, ['read', 'space 0 -1', 'space 1 1']]);
    expect(tries(BLANK, {}, MARK)).toEqual([nothing, ['read', 'space 0 -1', 'read']]);
    expect(tries(BLANK, {}, { fill: 1 })).toEqual([nothing, ['read', 'space 0 -1', 'read']]);
    expect(tries(BLANK, {}, { fill: 0 })).toEqual([block, ['read', 'space 0 -1', 'read']]);
    // More follows: back to it.
    expect(tries({}, {})).toEqual([block, ['read', 'space 0 -1']]);
    expect(tries(MARK, {})).toEqual([block, ['read', 'space 0 -1']]);
    tape.st.position = 7;
    expect(tries()).toEqual([block, []]);
    tape.st.position = undefined;
    tape.st.flags = Gmt.ONLINE;
    expect(tries()).toEqual([block, []]);
  });

  it('blocks of a fixed size come with the mark behind them, which st tells with the next read', () => {
    const fake = opened((st) => {
      st.blockSize = 512;
      st.reads = [512, () => ((st.flags = (Gmt.ONLINE | Gmt.EOF) >>> 0), 0)];
    });
    expect(read(fake, 2048)).toEqual([512, 'ERROR_FILEMARK_DETECTED']);
    expect(failure(() => read(fake, 1000))).toBe('ERROR_INVALID_BLOCK_LENGTH');
  });

  it('says that there is no cartridge, and that there is another one once', () => {
    const fake = opened((st) => {
      st.reads = [-ENOMEDIUM, -ENOMEDIUM];
      st.flags = Gmt.DR_OPEN;
    });
    expect(failure(() => read(fake))).toBe('ERROR_NO_MEDIA_IN_DRIVE');
    expect(fake.drive.getTapeStatus()).toBe(S.ERROR_NO_MEDIA_IN_DRIVE);
    fake.st.flags = Gmt.ONLINE;
    expect(failure(() => read(fake))).toBe('ERROR_MEDIA_CHANGED');
    expect(fake.drive.getTapeStatus()).toBe(S.NO_ERROR);
  });

  it('a position that is lost in a reset is ERROR_BUS_RESET', () => {
    const fake = opened((st) => {
      st.reads = [-EIO];
      st.positionLost = '1\n';
    });
    expect(failure(() => read(fake))).toBe('ERROR_BUS_RESET');
  });
});

describe("drives of Linux' st: writing", () => {
  const EOT = Gmt.ONLINE | Gmt.EOT;

  it('tells the early warning with the block that met it', () => {
    const fake = opened((st) => (st.writes = [1024, () => ((st.flags = EOT), 1024)]));
    expect(write(fake)).toEqual([1024, 'NO_ERROR']);
    expect(write(fake)).toEqual([1024, 'ERROR_END_OF_MEDIA']);
  });

  it('sends again what st refuses behind the early warning', () => {
    const fake = opened((st) => (st.writes = [-ENOSPC, () => ((st.flags = EOT), 1024)]));
    expect(write(fake)).toEqual([1024, 'ERROR_END_OF_MEDIA']);
  });

  it('ends when the block does not arrive', () => {
    const fake = opened((st) => (st.writes = [-ENOSPC, () => ((st.flags = EOT), -ENOSPC)]));
    expect(write(fake)).toEqual([0, 'ERROR_EOM_OVERFLOW']);
    const other = opened((st) => (st.writes = [-ENOSPC, -ENOSPC, -ENOSPC]));
    expect(write(other)).toEqual([0, 'ERROR_EOM_OVERFLOW']);
  });

  it('believes the position, not ENOSPC, when a block arrived', () => {
    const fake = opened((st) => (st.writes = [() => ((st.flags = EOT), (st.position = 1), -ENOSPC)]));
    expect(write(fake)).toEqual([1024, 'ERROR_END_OF_MEDIA']);
  });

  it('tells which blocks of a fixed size are on the tape when it ends among them', () => {
    const fake = opened((st) => {
      st.blockSize = 512;
      st.writes = [1024, -ENOSPC, () => ((st.flags = EOT), (st.position = 3), -ENOSPC), -ENOSPC];
    });
    expect(write(fake, 2048)).toEqual([1536, 'ERROR_EOM_OVERFLOW']);
    expect(failure(() => write(fake, 1000))).toBe('ERROR_INVALID_BLOCK_LENGTH');
  });

  it.each([
    [EINVAL, 'ERROR_INVALID_BLOCK_LENGTH'],
    [EACCES, 'ERROR_WRITE_PROTECT'],
    [EIO, 'ERROR_IO_DEVICE'],
  ])('errno %i is %s', (errno, name) => {
    const fake = opened((st) => (st.writes = [-errno]));
    expect(failure(() => write(fake))).toBe(name);
  });

  it('lets st write no filemark of its own: what was written is flushed before the tape is moved or closed', () => {
    for (const act of [
      (drive: TapeDrive) => drive.setTapePosition(To.REWIND, 0, 0),
      (drive: TapeDrive) => drive[Symbol.dispose](),
      (drive: TapeDrive) => drive.prepareTape(TapePrepare.UNLOAD),
      (drive: TapeDrive) => drive.setMediaParameters({ blockSize: 512 }),
    ]) {
      const fake = opened((st) => (st.writes = [1024]));
      write(fake);
      act(fake.drive);
      expect(fake.st.log.slice(0, 2)).toEqual(['write 1024', 'WEOF 0']);
      expect(fake.st.log.filter((line) => line.startsWith('WEOF'))).toEqual(['WEOF 0']);
    }
  });

  it('marks need no flush, and fail at the end of the tape', () => {
    const fake = opened((st) => (st.writes = [1024]));
    write(fake);
    fake.drive.writeTapemark(TapemarkType.FILEMARKS, 2, true);
    fake.drive.setTapePosition(To.REWIND, 0, 0);
    expect(fake.st.log).toEqual(['write 1024', 'WEOFI 2', 'REW 1']);
    fake.st.operations = { WEOF: [() => ((fake.st.flags = EOT), EIO)] };
    expect(failure(() => fake.drive.writeTapemark(TapemarkType.FILEMARKS, 1))).toBe('ERROR_EOM_OVERFLOW');
  });
});

describe("drives of Linux' st: moving", () => {
  const space = (drive: TapeDrive, method: number, count: number): string => failure(() => drive.setTapePosition(method as 0, 0, count));

  it.each([
    [Gmt.EOF, 'ERROR_FILEMARK_DETECTED'],
    [Gmt.SM, 'ERROR_SETMARK_DETECTED'],
    [Gmt.EOF | Gmt.EOD, 'ERROR_NO_DATA_DETECTED'],
  ])('over blocks, flags %i are %s', (flags, name) => {
    const { drive } = opened((st) => (st.operations = { FSR: [() => ((st.flags = (Gmt.ONLINE | flags) >>> 0), EIO)] }));
    expect(space(drive, To.SPACE_RELATIVE_BLOCKS, 3)).toBe(name);
  });

  it('back over blocks: a mark stops, or the beginning, which the way there tells apart', () => {
    const { st, drive } = opened((fake) => {
      fake.position = 4;
      fake.operations = { BSR: [EIO] };
    });
    expect(space(drive, To.SPACE_RELATIVE_BLOCKS, -9)).toBe('ERROR_FILEMARK_DETECTED');
    expect(space(drive, To.SPACE_RELATIVE_BLOCKS, -9)).toBe('ERROR_BEGINNING_OF_MEDIA');
    expect(space(drive, To.SPACE_RELATIVE_BLOCKS, -2)).toBe('nothing');
    expect(st.log).toEqual(['BSR 4', 'BSR 4', 'BSR 2']);
  });

  it('over filemarks: the end of the data, and the beginning', () => {
    const { st, drive } = opened((fake) => {
      fake.operations = { FSF: [() => ((fake.flags = Gmt.ONLINE | Gmt.EOD), EIO)], BSF: [EIO] };
    });
    expect(space(drive, To.SPACE_FILEMARKS, 9)).toBe('ERROR_NO_DATA_DETECTED');
    st.flags = Gmt.ONLINE;
    expect(space(drive, To.SPACE_FILEMARKS, -9)).toBe('ERROR_BEGINNING_OF_MEDIA');
    expect(space(drive, To.SPACE_FILEMARKS, 0)).toBe('nothing');
  });

  it('to the end of the data as drives tell it that do not say BLANK CHECK, which st does not understand', () => {
    const sent: number[] = [];
    const answers = [{ status: 2, sense: sense(0, 0x00, 0x05) }, { status: 0 }, { status: 0 }, { status: 2, sense: sense(3, 0x11) }];
    const { drive } = opened((st) => {
      st.position = undefined;
      st.operations = { FSF: [EIO, EIO, EIO], FSR: [EIO] };
      st.scsi = ([command, , , , count]) => {
        if (command !== 0x11) return {};
        sent.push(count === 0xff ? -1 : count!);
        return answers.shift() ?? {};
      };
    });
    expect(space(drive, To.SPACE_FILEMARKS, 1)).toBe('ERROR_NO_DATA_DETECTED');
    // A block is there: back to where it was, and something else is wrong.
    expect(space(drive, To.SPACE_FILEMARKS, 1)).toBe('ERROR_IO_DEVICE');
    expect(sent).toEqual([1, 1, -1]);
    expect(space(drive, To.SPACE_FILEMARKS, 1)).toBe('ERROR_IO_DEVICE');
    expect(sent).toEqual([1, 1, -1, 1]);
    answers.push({ status: 2, sense: sense(0, 0x00, 0x05) });
    expect(space(drive, To.SPACE_RELATIVE_BLOCKS, 3)).toBe('ERROR_NO_DATA_DETECTED');
  });

  it('in steps that SCSI can count', () => {
    const { st, drive } = opened();
    drive.setTapePosition(To.SPACE_RELATIVE_BLOCKS, 0, 0x80_0000);
    expect(st.log).toEqual(['FSR 8388607', 'FSR 1']);
  });

  it('to a block: what is no position, and what is behind the end of the data', () => {
    const { drive } = opened((st) => {
      st.position = 7;
      st.operations = { SEEK: [EIO] };
    });
    expect(space(drive, To.LOGICAL_BLOCK, -1)).toBe('ERROR_INVALID_PARAMETER');
    expect(space(drive, To.LOGICAL_BLOCK, 2 ** 31)).toBe('ERROR_INVALID_PARAMETER');
    expect(space(drive, To.LOGICAL_BLOCK, 100)).toBe('ERROR_NO_DATA_DETECTED');
  });

  it('not to a partition that there is not, nor in ways that st lacks', () => {
    const { drive } = opened();
    expect(failure(() => drive.setTapePosition(To.REWIND, 2, 0))).toBe('ERROR_DEVICE_NOT_PARTITIONED');
    for (const method of [To.SPACE_SETMARKS, To.SPACE_SEQUENTIAL_FMKS, To.SPACE_SEQUENTIAL_SMKS, To.PSEUDO_LOGICAL_BLOCK, 99]) {
      expect(space(drive, method, 1)).toBe('ERROR_NOT_SUPPORTED');
    }
  });
});
