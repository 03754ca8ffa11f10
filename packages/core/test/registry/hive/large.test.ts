import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HiveFile } from '../../../src/registry/hive/index.js';
import { noSamples, sampleHive, tempFolder } from './support/hives.js';

it('a value of a hive of 20 MB is found under names of any case', () => {
  const path = join(tempFolder(), 'hive');
  {
    using store = HiveFile.create(path);
    for (let i = 0; i < 2000; i++) {
      store.setValue(`Software\\Classes\\Class ${String(i)}`, { name: 'data', type: 3, data: new Uint8Array(10_000).fill(i) });
    }
    store.flush();
  }
  using store = HiveFile.open(path);
  expect(store.key('SOFTWARE\\classes\\CLASS 1234')?.value('data')?.data[0]).toBe(1234 & 0xff);
});

it.skipIf(noSamples)(`30,000 keys with 73,000 values are walked${noSamples}`, () => {
  using store = HiveFile.open(sampleHive('regipy-SYSTEM.xz', tempFolder()));
  let [keys, bytes] = [0, 0];
  const walk = (at: string): void => {
    const key = store.key(at)!;
    keys++;
    for (const { data } of key.values()) bytes += data.length;
    for (const name of key.subkeys()) walk(at === '' ? name : `${at}\\${name}`);
  };
  walk('');
  expect([keys, bytes]).toEqual([30_756, 4_633_361]);
});
