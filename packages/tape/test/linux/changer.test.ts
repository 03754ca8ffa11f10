import { expect, it } from 'vitest';
import { systemPlatform } from '@winback/core';
import { LinuxChangerDriver } from '../../src/index.js';
import { FakeSt } from './fake-st.js';

const LINUX = { ...systemPlatform(), os: 'linux', arch: 'x64' } as const;
/** Of INQUIRY: a changer. */
const CHANGER = 8;
const INQUIRY = 0x12;

function changer(deviceType: number) {
  const st = new FakeSt();
  st.scsi = (cdb, data) => {
    if (cdb[0] === INQUIRY) data[0] = deviceType;
    return {};
  };
  return { st, driver: new LinuxChangerDriver(LINUX, () => st) };
}

it('claims generic SCSI devices and the links to them', () => {
  const { driver } = changer(CHANGER);
  expect(['/dev/sg3', '/dev/tape/by-id/scsi-1-changer', '/dev/tape/by-path/x'].map((address) => driver.claims(address))).toEqual([
    true,
    true,
    true,
  ]);
  expect(['/dev/nst0', '/dev/sg', 'sg3', '/dev/sg3/..', '/dev/tape/by-id/../x'].some((address) => driver.claims(address))).toBe(false);
});

it('closes the device with the changer, and when it is none', () => {
  const { st, driver } = changer(CHANGER);
  driver.open('/dev/sg3')[Symbol.dispose]();
  expect(st.log).toEqual(['open /dev/sg3 rw', 'close']);
  const tape = changer(1);
  expect(() => tape.driver.open('/dev/sg4')).toThrow(expect.objectContaining({ code: 'TAPE_NOT_FOUND' }));
  expect(tape.st.log).toEqual(['open /dev/sg4 rw', 'close']);
});

it('says why it cannot be opened', () => {
  const { st, driver } = changer(CHANGER);
  for (const [errno, code] of [
    [2, 'TAPE_NOT_FOUND'],
    [13, 'TAPE_ACCESS_DENIED'],
    [16, 'TAPE_LOCKED'],
  ] as const) {
    st.opens = [-errno];
    expect(() => driver.open('/dev/sg3')).toThrow(expect.objectContaining({ code }));
  }
  const elsewhere = new LinuxChangerDriver({ ...LINUX, os: 'win32' }, () => st);
  expect(() => elsewhere.open('/dev/sg3')).toThrow(expect.objectContaining({ code: 'PLATFORM_UNSUPPORTED' }));
});
