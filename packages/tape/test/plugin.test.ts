import { all, BACKUP_TARGET_DRIVER, createContainer } from '@winback/core';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import tape from '../src/plugin.js';
import { description, tempFolder, volume, catalog } from './support/target.js';
import { MtfTargetDriver } from '../src/index.js';

it('registers the driver for mtf: and for paths that end in .bkf', async () => {
  const driver = all(createContainer([tape]), BACKUP_TARGET_DRIVER).find(({ scheme }) => scheme === 'mtf')!;
  expect(driver).toBeInstanceOf(MtfTargetDriver);
  expect(driver.probe()).toEqual({ available: true });
  expect(['a.bkf', '/x/A.BKF', 'C:\\a.bkf'].every((uri) => driver.claims?.(uri))).toBe(true);
  expect(['a.bkf/', 'a.bak', 'bkf'].some((uri) => driver.claims?.(uri))).toBe(false);
  const path = join(tempFolder(), 'no-suffix');
  const target = await driver.open(`mtf:${path}`, { mode: 'append', create: true });
  const writer = await target.createSet(description);
  await writer.beginVolume(volume);
  await writer.commit(catalog());
  await target.close();
  expect(target.uri).toBe(`mtf:${path}`);
  expect(target.localFiles).toEqual([path]);
  expect(await (await driver.open(`mtf:${path}`, { mode: 'read' })).versions()).toHaveLength(1);
});
