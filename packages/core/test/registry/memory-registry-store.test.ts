import { describe, expect, it } from 'vitest';
import { MemoryRegistryStore, stringValue } from '../../src/registry/index.js';
import { registryStoreSuite, runSuite } from '../../src/testing/index.js';

for (const root of ['', 'HKEY_LOCAL_MACHINE\\SOFTWARE']) {
  runSuite({ describe, it }, registryStoreSuite, `memory, at ${root || 'the root'}`, ['write', 'any-type', 'class-names'], () => {
    const store = new MemoryRegistryStore();
    store.createKey(root);
    store.flush();
    return { capabilities: store.capabilities, root, open: (options) => store.reopen(options) };
  });
}

describe('MemoryRegistryStore', () => {
  it('does not delete its root', () => {
    const store = new MemoryRegistryStore();
    store.setValue('', stringValue('v', 'x'));
    expect(() => store.deleteKey('')).toThrow(expect.objectContaining({ code: 'REGISTRY_NAME' }));
    expect(store.key('')?.value('v')).toBeDefined();
  });

  it('refuses 513 keys below one another', () => {
    const store = new MemoryRegistryStore();
    const path = Array.from({ length: 513 }, () => 'k').join('\\');
    expect(() => store.createKey(path)).toThrow(expect.objectContaining({ code: 'REGISTRY_NAME' }));
    expect(store.createKey(path.slice(2)).name).toBe('k');
  });
});
