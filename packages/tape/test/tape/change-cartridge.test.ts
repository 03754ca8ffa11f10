import { afterEach, expect, it } from 'vitest';
import { TapeStatus, type TapeDriver, type TapeStatusCode } from '../../src/index.js';
import { changeCartridge, nextMediaOf } from '../../src/mtf/tape/change-cartridge.js';
import { blankCartridge, MemoryDrive } from '../support/memory-drive.js';

const NONE: TapeDriver = {
  name: 'none',
  description: '',
  claims: () => false,
  probe: () => ({ available: true }),
  open: () => {
    throw new TypeError('not used');
  },
};
const REQUEST = { purpose: 'write', mediaFamilyId: 0xbeef, mediaSequence: 2 } as const;
const VARIABLES = ['WINBACK_NEXT_MEDIA_COMMAND', 'WINBACK_CHANGER'] as const;

/** A drive that answers these statuses first. */
class TalkativeDrive extends MemoryDrive {
  constructor(private readonly statuses: TapeStatusCode[]) {
    super('memory', blankCartridge());
  }
  override getTapeStatus(): TapeStatusCode {
    return this.statuses.shift() ?? TapeStatus.NO_ERROR;
  }
  override setTapePosition(method: number, partition: number, offset: number): void {
    if (this.statuses.length > 0) throw new Error('the drive was not ready');
    super.setTapePosition(method, partition, offset);
  }
}

afterEach(() => {
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
});

it('a drive that tells of the change, or still loads, is waited for', () => {
  const command = 'test "$WINBACK_PURPOSE $WINBACK_MEDIA_FAMILY $WINBACK_MEDIA_SEQUENCE $WINBACK_DRIVE" = "write 0000beef 2 memory"';
  const drive = new TalkativeDrive([TapeStatus.ERROR_NOT_READY, TapeStatus.ERROR_MEDIA_CHANGED, TapeStatus.ERROR_BUS_RESET]);
  expect(changeCartridge(NONE, 'x', { command })(drive, REQUEST)).toBe(drive);
});

it('a drive that fails ends the job', () => {
  const drive = new TalkativeDrive([TapeStatus.ERROR_MEDIA_CHANGED, TapeStatus.ERROR_IO_DEVICE]);
  expect(() => changeCartridge(NONE, 'x', { command: 'true' })(drive, REQUEST)).toThrow(expect.objectContaining({ code: 'TAPE_IO' }));
});

it('without anybody to change it the cartridge is named', () => {
  expect(() => changeCartridge(NONE, 'x')(new TalkativeDrive([]), REQUEST)).toThrow(
    expect.objectContaining({ code: 'TAPE_END_OF_MEDIA', message: expect.stringContaining('cartridge 2') as string }),
  );
});

it('what the user says goes before the environment, and a command there before a changer', () => {
  for (const name of VARIABLES) process.env[name] = `of ${name}`;
  expect(nextMediaOf({ changer: 'a', ask: true })).toEqual({ changer: 'a', ask: true });
  expect(nextMediaOf({ ask: true })).toEqual({ command: 'of WINBACK_NEXT_MEDIA_COMMAND', ask: true });
  process.env.WINBACK_NEXT_MEDIA_COMMAND = '';
  expect(nextMediaOf(undefined)).toEqual({ changer: 'of WINBACK_CHANGER' });
  process.env.WINBACK_CHANGER = '';
  expect(nextMediaOf(undefined)).toEqual({});
});

it('Ctrl-C that ends the command stops the job', () => {
  for (const command of ['kill -INT $$', 'exit 130'])
    expect(() => changeCartridge(NONE, 'x', { command })(new TalkativeDrive([]), REQUEST)).toThrow(
      expect.objectContaining({ code: 'INTERRUPTED' }),
    );
});
