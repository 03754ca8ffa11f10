import { describe, expect, it } from 'vitest';
import { isWinbackError } from '@winback/core';
import { TAPE_DRIVER, WindowsTapeDriver } from '../../src/index.js';
import { NAME, WINDOWS, windowsWithTape } from './stand-in/index.js';

const broken = (): never => {
  throw new Error('no such DLL');
};

describe('the driver of Windows’ tape drives', () => {
  it('claims the names that Windows gives to tape drives', () => {
    const { driver } = windowsWithTape();
    for (const address of [NAME, String.raw`\\.\Tape1`, '//./TAPE0', 'TAPE0', 'tape12', String.raw`\\?\TAPE0`]) {
      expect(driver.claims(address), address).toBe(true);
    }
    for (const address of [
      '',
      'TAPE',
      'tape0.img',
      '/dev/tape0',
      'C:\\TAPE0',
      String.raw`\\.\TAPE0\x`,
      String.raw`\\server\TAPE0`,
      'xTAPE0',
      'TAPE0 ',
    ]) {
      expect(driver.claims(address), address).toBe(false);
    }
  });

  it('says why it is of no use, and touches nothing', () => {
    expect(new WindowsTapeDriver({ ...WINDOWS, os: 'linux' }, broken).probe()).toEqual({ available: false, reason: 'needs Windows' });
    expect(new WindowsTapeDriver({ ...WINDOWS, arch: 'ia32' }, broken).probe()).toMatchObject({ available: false, reason: /64 bits/ });
    expect(new WindowsTapeDriver(WINDOWS, broken).probe()).toMatchObject({ available: false, reason: /no such DLL/ });
    expect(windowsWithTape().driver.probe()).toEqual({ available: true });
    expect(() => new WindowsTapeDriver({ ...WINDOWS, os: 'linux' }).open(NAME, { mode: 'read' })).toThrow(/needs Windows/);
  });

  it('opens a drive under its one name, for this process alone', () => {
    const { driver } = windowsWithTape();
    const drive = driver.open('tape0', { mode: 'write' });
    expect(drive.name).toBe(NAME);
    expect(() => driver.open(NAME, { mode: 'read' })).toThrow(expect.objectContaining({ code: 'TAPE_LOCKED', transient: true }));
    drive[Symbol.dispose]();
    drive[Symbol.dispose]();
    driver.open(NAME, { mode: 'read' })[Symbol.dispose]();
    expect(() => drive.getMediaParameters()).toThrow(expect.objectContaining({ code: 'TAPE_IO' }));
  });

  it('says that there is no such drive, and that it may not be used', () => {
    const { driver, tape } = windowsWithTape();
    expect(() => driver.open('TAPE7', { mode: 'read' })).toThrow(expect.objectContaining({ code: 'TAPE_NOT_FOUND' }));
    tape.failures.set('CreateFileW', 5);
    const denied = failure(() => driver.open(NAME, { mode: 'read' }));
    expect(denied).toMatchObject({ code: 'TAPE_ACCESS_DENIED', details: { call: 'CreateFileW', number: 5, drive: NAME } });
    expect(denied?.hint).toMatch(/administrator/);
  });

  it('is registered', async () => {
    const { all, createContainer } = await import('@winback/core');
    const plugin = (await import('../../src/plugin.js')).default;
    expect(all(createContainer([plugin]), TAPE_DRIVER).map(({ name }) => name)).toContain('windows');
  });
});

function failure(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (isWinbackError(error)) return error;
    throw error;
  }
  return undefined;
}
