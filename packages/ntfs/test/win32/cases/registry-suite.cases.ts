import { registryStoreSuite } from '@winback/core/testing';
import { WindowsRegistryStore } from '../../../src/win32/registry/windows-registry-store.js';
import { inScratchKey } from './registry-scratch.js';
import type { WindowsCase } from '../case.js';

/** What any registry must do, done by the live one. */
export const registrySuiteCases: readonly WindowsCase[] = registryStoreSuite.cases.map(({ name, run }) => ({
  name: `registry: ${name}`,
  run: () =>
    inScratchKey((store, root) => {
      const done = run({ capabilities: store.capabilities, root, open: (options) => new WindowsRegistryStore(options) });
      if (done) throw new TypeError('cases of registries are synchronous');
    }),
}));
