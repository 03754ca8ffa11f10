// A hive to measure with: of the size and shape of a SYSTEM hive.
import { existsSync } from 'node:fs';
import { HiveFile, multiStringValue, numberValue, stringValue } from '../packages/core/dist/index.js';

/** 43,200 keys with 103,000 values, five deep. */
export function makeHive(path, keys = 43_000) {
  if (existsSync(path)) return;
  const hive = HiveFile.create(path);
  for (let i = 0; i < keys; i++) {
    const key = `ControlSet00${1 + (i % 2)}\\Services\\group ${i % 97}\\Interface ${i}`;
    hive.setValue(key, numberValue('Start', i % 5));
    if (i % 2 === 0) hive.setValue(key, stringValue('ImagePath', `\\SystemRoot\\System32\\drivers\\driver${i}.sys`, 2));
    if (i % 3 === 0) hive.setValue(key, multiStringValue('DependOnService', ['RpcSs', `service ${i % 40}`]));
    if (i % 5 === 0) hive.setValue(key, { name: 'Security', type: 3, data: new Uint8Array(80 + (i % 200)).fill(i) });
    if (i % 3 === 1) hive.setValue(key, stringValue('DisplayName', `Service number ${i}`));
  }
  hive.flush();
  hive[Symbol.dispose]();
}
