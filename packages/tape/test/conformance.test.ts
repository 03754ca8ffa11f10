import { backupTargetSuite, runSuite } from '@winback/core/testing';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { countingRandom, clock, tempFolder } from './support/target.js';
import { MtfTargetDriver } from '../src/index.js';

runSuite({ describe, it }, backupTargetSuite, 'mtf', ['append'], () => {
  const driver = new MtfTargetDriver(clock, countingRandom);
  const path = join(tempFolder(), 'set.bkf');
  if (existsSync(path)) throw new Error(`${path} is there already`);
  return { capabilities: new Set(['append'] as const), open: (options) => driver.open(`mtf:${path}`, options) };
});
