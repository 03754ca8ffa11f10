import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { TapeDriver } from '../../src/index.js';
import { imageTapeDriver, openThreaded, unbuilt } from './built.js';

const folder = mkdtempSync(join(tmpdir(), 'winback-no-thread-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const driver = imageTapeDriver();
const options = { mode: 'write', create: true } as const;

// No thread is idle here yet.
it.skipIf(unbuilt !== '')(`a drive is opened here when no thread begins${unbuilt}`, () => {
  using drive = openThreaded(driver, join(folder, 'here.wbtape'), options, () => undefined, 10);
  expect(drive.buffer).toBeUndefined();
  expect(drive.write(new Uint8Array(4096)).bytes).toBe(4096);
});

it('a drive whose driver knows nothing of threads is opened here', () => {
  const plain: TapeDriver = {
    name: 'plain',
    description: '',
    claims: () => true,
    probe: () => ({ available: true }),
    open: (...args) => driver.open(...args),
  };
  using drive = openThreaded(plain, join(folder, 'plain.wbtape'), options);
  expect(drive.buffer).toBeUndefined();
});
