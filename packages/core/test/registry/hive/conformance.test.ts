import { join } from 'node:path';
import { describe, it } from 'vitest';
import { HiveFile } from '../../../src/registry/hive/index.js';
import { registryStoreSuite, runSuite } from '../../../src/testing/index.js';
import { tempFolder } from './support/hives.js';

const capabilities = ['write', 'any-type', 'class-names', 'security-descriptors', 'last-write'] as const;

for (const root of ['', 'Software\\Mine']) {
  runSuite({ describe, it }, registryStoreSuite, `a hive, at ${root || 'the root'}`, capabilities, () => {
    const path = join(tempFolder(), 'hive');
    using made = HiveFile.create(path);
    made.createKey(root);
    made.flush();
    const open = ({ readOnly = false } = {}) => HiveFile.open(path, { mode: readOnly ? 'read' : 'write' });
    return { capabilities: made.capabilities, root, open };
  });
}
