import { describe, expect, it } from 'vitest';
import { createContainer, isWinbackError, PLATFORM, REGISTRY_STORE, stringValue, systemPlatform, type RegistryStore } from '@winback/core';
import { registryStoreSuite, runSuite } from '@winback/core/testing';
import plugin from '../../../src/plugin.js';
import { WindowsRegistryStore } from '../../../src/win32/registry/windows-registry-store.js';
import { FakeRegistry } from './fake-registry.js';

const CAPABILITIES = ['write', 'class-names', 'last-write', 'any-type'] as const;
const HKCU = 'HKEY_CURRENT_USER';
const code = (expected: string, details: object = {}): unknown =>
  expect.objectContaining({ code: expected, details: expect.objectContaining(details) as unknown });

runSuite({ describe, it }, registryStoreSuite, "the live registry on a stand-in for Windows' calls", CAPABILITIES, () => {
  const fake = new FakeRegistry();
  fake.make('Software\\Mine');
  return {
    capabilities: new Set(CAPABILITIES),
    root: `${HKCU}\\Software\\Mine`,
    open: (options) => new WindowsRegistryStore(options, () => fake.system()),
    dispose: () => expect(fake.openHandles).toBe(0),
  };
});

/** A store with the keys `a` (values `one`, `two`, class `C`), `a\b` and `a\c` under HKEY_CURRENT_USER. */
function sample(privileges: Parameters<FakeRegistry['system']>[0] = new Set()) {
  const fake = new FakeRegistry();
  const store = new WindowsRegistryStore({}, () => fake.system(privileges));
  store.createKey('HKCU\\a', { className: 'C' });
  store.setValue('HKCU\\a', stringValue('one', '1'));
  store.setValue('HKCU\\a', stringValue('two', '2'));
  store.createKey('HKCU\\a\\b');
  store.createKey('HKCU\\a\\c');
  return { fake, store };
}

/** Everything that a store can do, on the keys of {@link sample}. */
const ACTIONS: Readonly<Record<string, (store: RegistryStore) => unknown>> = {
  key: (store) => store.key('HKCU\\a')?.className,
  subkeys: (store) => [...(store.key('HKCU\\a')?.subkeys() ?? [])],
  values: (store) => [...(store.key('HKCU\\a')?.values() ?? [])],
  value: (store) => store.key('HKCU\\a')?.value('ONE'),
  security: (store) => store.key('HKCU\\a')?.securityDescriptor,
  create: (store) => store.createKey('HKCU\\a\\new\\below', { className: 'X' }),
  set: (store) => store.setValue('HKCU\\a', stringValue('x', 'y')),
  'delete a value': (store) => store.deleteValue('HKCU\\a', 'one'),
  'delete a key': (store) => store.deleteKey('HKCU\\a'),
  flush: (store) => store.flush(),
  'a deep key': (store) => store.createKey(`HKCU\\${Array.from({ length: 100 }, (_, i) => i).join('\\')}`),
};

describe('the live registry', () => {
  for (const [name, action] of Object.entries(ACTIONS)) {
    it(`closes every key and says what went wrong, whichever call of "${name}" fails`, () => {
      const { fake: counted, store: whole } = sample();
      counted.calls.length = 0;
      action(whole);
      const calls = counted.calls.length;
      expect(calls).toBeGreaterThan(0);
      for (const [number, errorCode] of [
        [1016, 'REGISTRY_IO'],
        [1015, 'REGISTRY_DAMAGED'],
        [5, 'REGISTRY_'],
        [1018, 'REGISTRY_'],
        [31_337, 'REGISTRY_IO'],
      ] as const) {
        for (let at = 0; at < calls; at++) {
          const { fake, store } = sample();
          let call = 0;
          fake.failing = () => (call++ === at ? number : undefined);
          try {
            action(store);
          } catch (error) {
            if (!isWinbackError(error)) throw error;
            expect(error.code).toContain(errorCode);
            const vanished = number === 1018 && error.details['number'] === undefined; // right after it was made
            if (vanished) expect(error.transient).toBe(true);
            else expect(error.details).toMatchObject({ number, name: expect.any(String) as unknown });
          }
          expect(fake.openHandles).toBe(0);
        }
      }
    });
  }

  it('binds nothing before it is asked for something', () => {
    const store = new WindowsRegistryStore({}, () => {
      throw new Error('bound');
    });
    expect(store.capabilities.has('immediate')).toBe(true);
    expect(() => store.key('HKCU')).toThrow('bound');
  });

  it.skipIf(process.platform === 'win32')('says that it needs Windows (elsewhere)', () => {
    expect(() => new WindowsRegistryStore().key('HKLM')).toThrow(code('PLATFORM_UNSUPPORTED'));
  });

  it('is the registry of a system that is Windows, and of no other', () => {
    const on = (os: NodeJS.Platform) => createContainer([], (c) => c.register(PLATFORM, { useValue: { ...systemPlatform(), os } }));
    const windows = on('win32');
    plugin.register(windows, undefined);
    expect(windows.resolve(REGISTRY_STORE)).toBeInstanceOf(WindowsRegistryStore);
    const linux = on('linux');
    plugin.register(linux, undefined);
    expect(linux.isRegistered(REGISTRY_STORE)).toBe(false);
  });

  it('lists the root keys that are there, and takes their short names', () => {
    const { store } = sample();
    expect([...(store.key('')?.subkeys() ?? [])]).toEqual([HKCU]);
    expect(store.key('hkcu')?.path).toBe(HKCU);
    expect(store.key('hkey_current_user\\A')?.path).toBe(`${HKCU}\\A`);
    expect(store.key('HKLM')).toBeUndefined();
    expect(store.key('nothing\\a')).toBeUndefined();
  });

  it('makes and deletes no root keys', () => {
    const { store } = sample();
    for (const path of ['', 'a', 'Computer\\HKEY_CURRENT_USER']) {
      expect(() => store.createKey(path)).toThrow(code('REGISTRY_NAME'));
      expect(() => store.setValue(path, stringValue('x', 'y'))).toThrow(code('REGISTRY_NAME'));
    }
    expect(() => store.deleteKey('')).toThrow(code('REGISTRY_NAME'));
    expect(() => store.deleteKey('HKCU')).toThrow(code('REGISTRY_NAME'));
    expect(store.deleteKey('a')).toBe(false);
    expect(store.deleteValue('a', 'b')).toBe(false);
  });

  it('refuses names with a NUL, which Windows would cut', () => {
    const { fake, store } = sample();
    const value = stringValue('one\0x', 'y');
    expect(() => store.setValue('HKCU\\a', value)).toThrow(code('REGISTRY_NAME'));
    expect(() => store.deleteValue('HKCU\\a', 'one\0x')).toThrow(code('REGISTRY_NAME'));
    for (const path of ['HKCU\\a\0x', 'HKCU\\a\\b\0x']) {
      expect(() => store.key(path)).toThrow(code('REGISTRY_NAME'));
      expect(() => store.createKey(path)).toThrow(code('REGISTRY_NAME'));
      expect(() => store.deleteKey(path)).toThrow(code('REGISTRY_NAME'));
    }
    fake.make('a').values.set('ONE\0X', value);
    expect([...(store.key('HKCU\\a')?.values() ?? [])].map(({ name }) => name)).toEqual(['one', 'two', 'one\0x']);
    expect(store.key('HKCU\\a')?.value('ONE\0x')).toEqual(value);
    expect(store.key('HKCU\\a')?.value('two\0')).toBeUndefined();
    expect(store.key('HKCU\\a')?.value('one')?.data).toEqual(stringValue('', '1').data);
  });

  it('does not delete the key that a name with a NUL begins with', () => {
    const { fake, store } = sample();
    fake.make('a\\b\0hidden');
    fake.make('x\\b\0hidden');
    fake.make('x\\b\\kept');
    expect(() => store.deleteKey('HKCU\\x')).toThrow(code('REGISTRY_NAME'));
    expect(fake.make('x').keys.has('B\0HIDDEN')).toBe(true);
  });

  it('reads what permissions forbid with the rights of backup programs, and changes it not', () => {
    for (const privileges of [new Set(['SeBackupPrivilege', 'SeRestorePrivilege'] as const), new Set([] as never[])]) {
      const { fake, store } = sample(privileges);
      fake.make('a').denied = true;
      if (privileges.size > 0) {
        expect([...(store.key('HKCU\\a')?.subkeys() ?? [])]).toEqual(['b', 'c']);
        expect(store.key('HKCU\\a')?.value('one')).toBeDefined();
      } else {
        expect(() => store.key('HKCU\\a')).toThrow(code('REGISTRY_IO', { name: 'ERROR_ACCESS_DENIED', number: 5, call: 'RegOpenKeyExW' }));
      }
      for (const name of ['set', 'delete a value', 'delete a key']) {
        expect(() => ACTIONS[name]?.(store), name).toThrow(code('REGISTRY_READ_ONLY', { name: 'ERROR_ACCESS_DENIED', path: `${HKCU}\\a` }));
      }
      expect(fake.make('a').values.size).toBe(2);
      expect(fake.openHandles).toBe(0);
    }
  });

  it('asks for SACLs where it may', () => {
    expect(sample().store.key('HKCU\\a')?.securityDescriptor?.[0]).toBe(0x7);
    const { fake, store } = sample(new Set(['SeSecurityPrivilege'] as const));
    expect(store.key('HKCU\\a')?.securityDescriptor).toEqual(new Uint8Array(6000).fill(0x1f));
    let opened = 0;
    fake.failing = (call) => (call === 'RegOpenKeyExW' && ++opened === 2 ? 1314 : undefined);
    expect(store.key('HKCU\\a')?.securityDescriptor?.[0]).toBe(0x7);
  });

  it('grows its buffers while the data grows', () => {
    const { fake, store } = sample();
    const key = fake.make('a');
    let size = 5000;
    fake.meanwhile = (call) => {
      if (call !== 'RegQueryValueExW' && call !== 'RegEnumValueW') return;
      size = Math.min(size * 3, 1_000_000);
      key.values.set('ONE', { name: 'one', type: 3, data: new Uint8Array(size).fill(7) });
    };
    expect(store.key('HKCU\\a')?.value('one')?.data).toEqual(new Uint8Array(1_000_000).fill(7));
    size = 5000;
    expect([...(store.key('HKCU\\a')?.values() ?? [])][0]?.data.length).toBe(1_000_000);
    key.className = 'y'.repeat(10_000);
    expect(store.key('HKCU\\a')?.className).toBe(key.className);
  });

  it('lists a key anew that others change while it is listed, and not for ever', () => {
    const { fake, store } = sample();
    const key = fake.make('a');
    let enumerated = 0;
    fake.meanwhile = (call) => {
      if (call === 'RegEnumKeyExW' && ++enumerated === 2) fake.remove(key, 'b');
    };
    expect([...(store.key('HKCU\\a')?.subkeys() ?? [])]).toEqual(['c']);
    fake.meanwhile = () => fake.touch(key);
    expect([...(store.key('HKCU\\a')?.subkeys() ?? [])]).toEqual(['c']);
  });

  it('takes a key that vanishes while it is listed for what was listed, and one that is gone for none', () => {
    const { fake, store } = sample();
    const key = store.key('HKCU\\a');
    let enumerated = 0;
    fake.meanwhile = (call) => {
      if (call === 'RegEnumValueW' && ++enumerated === 2) fake.remove(fake.root, 'a');
    };
    expect([...(key?.values() ?? [])].map(({ name }) => name)).toEqual(['one']);
    expect([...(key?.values() ?? [])]).toEqual([]);
    expect([...(key?.subkeys() ?? [])]).toEqual([]);
    expect(key?.value('one')).toBeUndefined();
    expect(key?.securityDescriptor).toBeUndefined();
    expect(store.key('HKCU\\a')).toBeUndefined();
  });

  it('gives what could be listed before it says what could not', () => {
    const { fake, store } = sample();
    let enumerated = 0;
    fake.failing = (call) => (call === 'RegEnumKeyExW' && ++enumerated === 2 ? 1016 : undefined);
    const found: string[] = [];
    expect(() => {
      for (const name of store.key('HKCU\\a')?.subkeys() ?? []) found.push(name);
    }).toThrow(code('REGISTRY_IO', { name: 'ERROR_REGISTRY_IO_FAILED', path: `${HKCU}\\a` }));
    expect(found).toEqual(['b']);
  });

  it('follows links, and deletes them without what they lead to', () => {
    const { fake, store } = sample();
    fake.make('links\\here').target = fake.make('a');
    fake.make('link').target = fake.make('a');
    expect(store.key('HKCU\\link')?.value('one')).toBeDefined();
    expect(store.key('HKCU\\link')?.name).toBe('link');
    expect(store.deleteKey('HKCU\\link\\b')).toBe(true);
    expect(store.deleteKey('HKCU\\link')).toBe(true);
    expect(store.deleteKey('HKCU\\links')).toBe(true);
    expect([...(store.key('HKCU\\a')?.subkeys() ?? [])]).toEqual(['c']);
    expect([...fake.root.keys.keys()]).toEqual(['A']);
  });

  it('deletes keys that others make and delete meanwhile, and gives up when they go on', () => {
    const { fake, store } = sample();
    let deletions = 0;
    fake.meanwhile = (call) => {
      if (call === 'NtDeleteKey' && ++deletions === 3) fake.make('a\\late');
      if (call === 'RegOpenKeyExW' && deletions === 1) fake.remove(fake.make('a'), 'c');
    };
    expect(store.deleteKey('HKCU\\a')).toBe(true);
    expect(fake.root.keys.size).toBe(0);
    const other = sample();
    other.fake.meanwhile = (call) => {
      if (call === 'NtDeleteKey') other.fake.make('a\\again');
    };
    expect(() => other.store.deleteKey('HKCU\\a')).toThrow(code('REGISTRY_READ_ONLY'));
    expect(other.fake.openHandles).toBe(0);
  });

  it('flushes the hives that it changed, once, and what it did not change never', () => {
    const { fake, store } = sample();
    const flushes = () => fake.calls.filter((call) => call === 'RegFlushKey').length;
    store.setValue('HKCU\\a\\b\\deep', stringValue('x', 'y'));
    store.deleteKey('HKCU\\a\\c');
    fake.failing = (call) => (call === 'RegFlushKey' ? 112 : undefined);
    expect(() => store.flush()).toThrow(code('REGISTRY_IO', { name: 'ERROR_DISK_FULL' }));
    fake.failing = () => undefined;
    fake.calls.length = 0;
    store.flush();
    expect(flushes()).toBe(3); // a, a\b and what is there of a\c
    store.deleteKey('HKCU\\none');
    store.deleteValue('HKCU\\a', 'none');
    store.flush();
    expect(flushes()).toBe(3);
  });

  it('refuses security descriptors that are none before Windows sees them', () => {
    const { fake, store } = sample();
    fake.calls.length = 0;
    for (const bytes of [new Uint8Array(0), new Uint8Array(19), Uint8Array.of(1, 0, 4, 0x80, ...new Array<number>(16).fill(0xff))]) {
      expect(() => store.createKey('HKCU\\new', { securityDescriptor: bytes })).toThrow(code('REGISTRY_VALUE'));
    }
    expect(fake.calls).toEqual([]);
  });
});
