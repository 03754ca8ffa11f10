import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemRandom, xor16 } from '@winback/core';
import { MtfTarget } from '../src/index.js';
import { SetBlock, TapeBlock } from '../src/mtf/layout/index.js';
import { assertPassword, type PasswordPolicy } from '../src/mtf/password.js';
import { clock, dir, expected, file, found, readAll, tempFolder, writeSet } from './support/target.js';
import { libraryOf, writeTo } from './support/library.js';
import { MtfTapeTarget } from '../src/mtf/tape/mtf-tape-target.js';

const SMALL = [dir(''), file('a', 'one')];
const md5 = (text: string): Buffer => createHash('md5').update(text, 'utf16le').digest();
const clear = Buffer.from('secret\0', 'utf16le');

/** Puts a password into a block, behind its own strings. */
function protect(bytes: Buffer, at: number, algorithmAt: number, addressAt: number, algorithm: number, password: Buffer): void {
  // The strings of the block end where the streams begin; there is room for a password in place of the last string.
  const place = bytes.readUInt16LE(at + 8) - 20;
  bytes.writeUInt16LE(algorithm, at + algorithmAt);
  bytes.writeUInt16LE(password.length, at + addressAt);
  bytes.writeUInt16LE(place, at + addressAt + 2);
  password.copy(bytes, at + place);
  bytes.writeUInt16LE(xor16(bytes, at, 50), at + 50);
}
const protectTape = (bytes: Buffer, algorithm: number, password: Buffer): void => {
  protect(bytes, 0, TapeBlock.offsetOf('passwordAlgorithm'), TapeBlock.offsetOf('mediaPassword'), algorithm, password);
};
const protectSet = (bytes: Buffer, at: number, algorithm: number, password: Buffer): void => {
  protect(bytes, at, SetBlock.offsetOf('passwordAlgorithm'), SetBlock.offsetOf('setPassword'), algorithm, password);
};

function fileWith(change: (bytes: Buffer) => void): string {
  const path = join(tempFolder(), 'p.bkf');
  writeSet(path, SMALL);
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
  return path;
}
const open = (path: string, passwords: PasswordPolicy, mode: 'read' | 'append' = 'read'): MtfTarget =>
  new MtfTarget(path, path, mode, { clock, random: systemRandom, passwords });
const refused = expect.objectContaining({ code: 'TARGET_PASSWORD' }) as unknown;

describe.each([
  ['in the clear', 0, clear],
  ['as MD5', 5, md5('secret')],
])('a password %s', (_, algorithm, stored) => {
  it('of a set is asked for when the set is opened', () => {
    const path = fileWith((bytes) => {
      protectSet(bytes, 2048, algorithm, stored);
    });
    expect(open(path, {}).versions()).toHaveLength(1);
    expect(() => open(path, {}).openSet('latest')).toThrow(refused);
    expect(() => open(path, { password: () => 'Secret' }).openSet('latest')).toThrow(/the one that was given is wrong/);
    for (const policy of [{ password: () => 'secret' }, { ignore: true }])
      expect(readAll(open(path, policy).openSet('latest')).map(found)).toEqual(SMALL.map(expected));
  });

  it('of the medium is asked for before anything', () => {
    const path = fileWith((bytes) => {
      protectTape(bytes, algorithm, stored);
    });
    const { size } = statSync(path);
    expect(() => open(path, {}).versions()).toThrow(refused);
    expect(() => open(path, {}).openSet('latest')).toThrow(refused);
    const target = open(path, {}, 'append');
    target.hold();
    expect(() => target.createSet({ name: '', description: '', machine: '', user: '', kind: 'copy' })).toThrow(refused);
    target.close();
    expect(statSync(path).size).toBe(size);
    expect(open(path, { password: () => 'secret' }).versions()).toHaveLength(1);
  });
});

it('one kept in another way is refused whatever is given, and can be passed over', () => {
  const path = fileWith((bytes) => {
    protectSet(bytes, 2048, 3, Buffer.alloc(16, 7));
  });
  for (const policy of [{}, { password: () => 'secret' }])
    expect(() => open(path, policy).openSet('latest')).toThrow(
      expect.objectContaining({ code: 'TARGET_PASSWORD', hint: expect.stringContaining('--ignore-password') as string }),
    );
  expect(readAll(open(path, { ignore: true }).openSet('latest')).map(found)).toEqual(SMALL.map(expected));
});

it('an algorithm without a password is none: NTBackup says 3 there', () => {
  const path = fileWith((bytes) => {
    protectSet(bytes, 2048, 3, Buffer.alloc(0));
    protectTape(bytes, 3, Buffer.alloc(0));
  });
  expect(readAll(open(path, {}).openSet('latest')).map(found)).toEqual(SMALL.map(expected));
});

it('on a tape is asked for too, also where a catalog leads to the files', () => {
  const { cartridges, drive, target } = libraryOf();
  writeTo(target, SMALL);
  const wants = (_: unknown, path: string): boolean => path === 'a';
  const block = Buffer.from(cartridges[0]!.items[2] as Uint8Array);
  protectSet(block, 0, 5, md5('secret'));
  cartridges[0]!.items[2] = block;
  const with_ = (passwords: PasswordPolicy): MtfTapeTarget =>
    new MtfTapeTarget('tape:memory', drive, { clock, random: systemRandom, change: (given) => given, passwords });
  expect(with_({}).versions()).toHaveLength(1);
  expect(() => readAll(with_({}).openSet('latest'))).toThrow(refused);
  expect(() => readAll(with_({}).openSet('latest', { wants }))).toThrow(refused);
  expect(readAll(with_({ password: () => 'secret' }).openSet('latest', { wants })).map(found)).toEqual([expected(SMALL[1]!)]);
});

it('is never in an error', () => {
  const stored = { algorithm: 0, bytes: clear, stringType: 2 };
  let error: unknown;
  try {
    assertPassword(stored, { password: () => 'guess' }, 'it');
  } catch (caught) {
    error = caught;
  }
  expect(error).toEqual(refused);
  expect(JSON.stringify(error) + String(error)).not.toMatch(/secret|guess/);
});
