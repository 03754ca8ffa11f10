import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemPlatform } from '@winback/core';
import type { WindowsCase } from '../case.js';

/** What all other cases take for granted. */
export const nodeCases: readonly WindowsCase[] = [
  {
    name: 'runs on Windows, or what says it is',
    run({ folder }) {
      assert.equal(systemPlatform().os, 'win32');
      assert.match(systemPlatform().release, /^10\./);
      assert.match(folder, /^C:\\/);
      writeFileSync(join(folder, 'Ünïcödé 🦆'), 'content');
      assert.equal(readFileSync(join(folder, 'Ünïcödé 🦆'), 'utf8'), 'content');
    },
  },
];
