import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createContainer,
  encodeMultiString,
  importRegFile,
  isWinbackError,
  MemoryRegistryStore,
  multiStringValue,
  numberValue,
  readBackupSettings,
  REGISTRY_STORE,
  RegExport,
  RegistryType,
  stringValue,
  type ErrorCode,
  type RegistryStore,
  type RegistryValue,
} from '@winback/core';
import plugin from '../../../src/plugin.js';
import { WindowsRegistryStore } from '../../../src/win32/registry/windows-registry-store.js';
import type { WindowsCase } from '../case.js';
import { regExe, scratchCase } from './registry-scratch.js';

const refused =
  (code: ErrorCode, name?: string) =>
  (error: unknown): boolean => {
    assert.ok(isWinbackError(error, code), String(error));
    if (name !== undefined) assert.equal(error.details['name'], name, error.message);
    return true;
  };

/** Keys below `path` with their values, in an order of names. */
function contentOf(store: RegistryStore, path: string): Record<string, Record<string, [number, string]>> {
  const found: Record<string, Record<string, [number, string]>> = {};
  const add = (at: string): void => {
    const key = store.key(at);
    assert.ok(key, at);
    const values = [...key.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    found[at] = Object.fromEntries(values.map(({ name, type, data }) => [name, [type, Buffer.from(data).toString('hex')]]));
    for (const name of [...key.subkeys()].sort()) add(`${at}\\${name}`);
  };
  add(path);
  return found;
}

/** Every type of data, names that take more than letters. */
const VALUES: readonly RegistryValue[] = [
  stringValue('', 'the default value'),
  stringValue('text', 'ünï 🦆 "quoted" C:\\Windows\\'),
  stringValue('\ud83e\udd86 name', 'x'),
  stringValue('expand', '%SystemRoot%\\x', RegistryType.EXPAND_SZ),
  multiStringValue('multi', ['one', 'zwei', 'trois']),
  { name: 'no strings', type: RegistryType.MULTI_SZ, data: encodeMultiString([]) },
  numberValue('number', 0xfedc_ba98),
  { name: 'big', type: RegistryType.DWORD_BIG_ENDIAN, data: Uint8Array.of(1, 2, 3, 4) },
  { name: 'quad', type: RegistryType.QWORD, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0x88) },
  { name: 'binary', type: RegistryType.BINARY, data: Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff) },
  { name: 'empty', type: RegistryType.BINARY, data: new Uint8Array(0) },
  { name: 'none', type: RegistryType.NONE, data: Uint8Array.of(0, 0xff) },
  { name: 'link', type: RegistryType.LINK, data: Uint8Array.of(0x5c, 0) },
  { name: 'resources', type: RegistryType.RESOURCE_LIST, data: Uint8Array.of(9, 9) },
  { name: 'descriptor', type: RegistryType.FULL_RESOURCE_DESCRIPTOR, data: Uint8Array.of(8) },
  { name: 'requirements', type: RegistryType.RESOURCE_REQUIREMENTS_LIST, data: Uint8Array.of(7, 7, 7) },
  { name: 'odd type', type: 0x1234, data: Uint8Array.of(1) },
];
/** What reg.exe does not keep as it is. */
const ODD_VALUES: readonly RegistryValue[] = [
  { name: 'short number', type: RegistryType.DWORD, data: Uint8Array.of(1, 2, 3) },
  { name: 'text without an end', type: RegistryType.SZ, data: Uint8Array.of(0x41, 0, 0x42, 0) },
];

const LONG_NAME = `${'日'.repeat(253)}🦆`;

const programCases: readonly WindowsCase[] = [
  scratchCase('is what reg.exe exports after our writes', (store, root, { folder }) => {
    const file = join(folder, 'exported.reg');
    for (const value of VALUES) store.setValue(`${root}\\values`, value);
    store.setValue(`${root}\\${LONG_NAME}`, stringValue('v', 'long'));
    store.createKey(`${root}\\empty\\below`);
    store.flush();
    regExe('export', root, file, '/y');
    const read = new MemoryRegistryStore();
    importRegFile(read, readFileSync(file));
    assert.deepEqual(contentOf(read, root), contentOf(store, root));
    assert.equal(Object.keys(contentOf(read, `${root}\\values`)[`${root}\\values`] ?? {}).length, VALUES.length);
  }),
  scratchCase('reads what reg.exe adds', (store, root) => {
    regExe('add', `${root}\\Added`, '/v', 'a text', '/t', 'REG_SZ', '/d', 'some words', '/f');
    regExe('add', `${root}\\Added`, '/v', 'strings', '/t', 'REG_MULTI_SZ', '/d', 'one\\0two', '/f');
    regExe('add', `${root}\\Added`, '/v', 'number', '/t', 'REG_DWORD', '/d', '4711', '/f');
    regExe('add', `${root}\\Added`, '/v', 'bytes', '/t', 'REG_BINARY', '/d', '00ff10', '/f');
    regExe('add', `${root}\\Added`, '/ve', '/d', 'default', '/f');
    const values = [
      stringValue('', 'default'),
      stringValue('a text', 'some words'),
      { name: 'bytes', type: RegistryType.BINARY, data: Uint8Array.of(0, 0xff, 0x10) },
      numberValue('number', 4711),
      multiStringValue('strings', ['one', 'two']),
    ];
    const expected = new MemoryRegistryStore();
    for (const value of values) expected.setValue(`${root}\\Added`, value);
    assert.deepEqual(contentOf(store, root), { [root]: {}, ...contentOf(expected, `${root}\\Added`) });
    regExe('delete', `${root}\\Added`, '/v', 'number', '/f');
    assert.equal(store.key(`${root}\\Added`)?.value('number'), undefined);
    regExe('delete', `${root}\\Added`, '/f');
    assert.equal(store.key(`${root}\\Added`), undefined);
  }),
  scratchCase('reads what reg.exe imports of our own .reg file', (store, root, { folder }) => {
    const made = new MemoryRegistryStore();
    for (const value of VALUES) made.setValue(`${root}\\values`, value);
    made.setValue(`${root}\\${LONG_NAME}\\🦆`, stringValue('v', 'long'));
    const file = join(folder, 'ours.reg');
    writeFileSync(file, Buffer.concat([...new RegExport(made, root).pieces()]));
    regExe('import', file);
    assert.deepEqual(contentOf(store, root), contentOf(made, root));
  }),
  scratchCase('exports to a .reg file and imports it again', (store, root) => {
    for (const value of [...VALUES, ...ODD_VALUES]) store.setValue(`${root}\\values`, value);
    store.setValue(`${root}\\${LONG_NAME}`, stringValue('v', 'long'));
    const before = contentOf(store, root);
    const file = Buffer.concat([...new RegExport(store, root).pieces()]);
    store.deleteKey(root);
    importRegFile(store, file);
    assert.deepEqual(contentOf(store, root), before);
  }),
];

const storeCases: readonly WindowsCase[] = [
  scratchCase('has root keys, in full and short', (store, root) => {
    const roots = [...(store.key('')?.subkeys() ?? [])];
    for (const name of ['HKEY_LOCAL_MACHINE', 'HKEY_CURRENT_USER', 'HKEY_USERS', 'HKEY_CLASSES_ROOT']) {
      assert.ok(roots.includes(name), name);
      const key = store.key(name);
      assert.deepEqual([key?.path, key?.name], [name, name]);
      assert.ok([...(key?.subkeys() ?? [])].length > 0, name);
    }
    assert.ok(store.key('hklm\\software')?.path.startsWith('HKEY_LOCAL_MACHINE\\'));
    assert.equal(store.key('HKLM\\software')?.name.toLowerCase(), 'software');
    assert.equal(store.key(root.replace('HKEY_CURRENT_USER', 'HKCU'))?.path, root);
    assert.throws(() => store.createKey('HKEY_NOWHERE\\a'), refused('REGISTRY_NAME'));
    assert.throws(() => store.deleteKey('HKCU'), refused('REGISTRY_NAME'));
  }),
  scratchCase('tells when keys were changed last', (store, root) => {
    const now = BigInt(Date.now()) * 1_000_000n;
    const near = (time: bigint | undefined): boolean => time !== undefined && time - now > -60_000_000_000n && time - now < 60_000_000_000n;
    const first = store.createKey(`${root}\\k`).lastWrite;
    assert.ok(near(first), String(first));
    for (let later = first; later === first; later = store.key(`${root}\\k`)?.lastWrite)
      store.setValue(`${root}\\k`, stringValue('v', 'x'));
  }),
  scratchCase('keeps long class names', (store, root) => {
    const className = 'Ünï class 🦆 '.repeat(200);
    assert.equal(store.createKey(`${root}\\k`, { className }).className, className);
    assert.equal(store.createKey(`${root}\\k`, { className: 'other' }).className, className);
    assert.equal(store.createKey(`${root}\\a\\b`, { className }).className, className);
    assert.equal(store.key(`${root}\\a`)?.className, undefined);
    assert.throws(() => store.createKey(`${root}\\n`, { className: 'a\0b' }), refused('REGISTRY_NAME'));
  }),
  scratchCase('has nothing of a key that is deleted after it was found', (store, root) => {
    store.setValue(`${root}\\k`, stringValue('v', 'x'));
    store.createKey(`${root}\\k\\sub`);
    const key = store.key(`${root}\\k`);
    assert.ok(key);
    const subkeys = key.subkeys()[Symbol.iterator]();
    assert.equal(subkeys.next().value, 'sub');
    store.deleteKey(`${root}\\k`);
    assert.equal(subkeys.next().done, true);
    assert.deepEqual([[...key.subkeys()], [...key.values()], key.value('v'), key.securityDescriptor], [[], [], undefined, undefined]);
  }),
  scratchCase('deletes values and keys while it lists them', (store, root) => {
    for (let i = 0; i < 50; i++) store.setValue(`${root}\\k\\${i}`, stringValue('v', 'x'));
    for (let i = 0; i < 50; i++) store.setValue(`${root}\\k`, stringValue(`v${i}`, 'x'));
    for (const { name } of store.key(`${root}\\k`)?.values() ?? []) assert.equal(store.deleteValue(`${root}\\k`, name), true);
    for (const name of store.key(`${root}\\k`)?.subkeys() ?? []) assert.equal(store.deleteKey(`${root}\\k\\${name}`), true);
    assert.deepEqual(contentOf(store, `${root}\\k`), { [`${root}\\k`]: {} });
  }),
  {
    name: 'registry: is what the plugin registers',
    run() {
      const store = createContainer([plugin]).resolve(REGISTRY_STORE);
      assert.ok(store instanceof WindowsRegistryStore);
      assert.equal(store.name, 'the registry of this system');
    },
  },
  {
    name: 'registry: has the backup keys',
    run({ underWine }) {
      using store = new WindowsRegistryStore();
      const settings = readBackupSettings(store);
      assert.ok(Number.isInteger(settings.idleTimeout.value));
      if (!underWine) return; // that system is nobody's
      const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\BackupRestore\\FilesNotToBackup';
      const path = 'C:\\winback test\\* /s';
      store.setValue(key, multiStringValue('Winback test', [path]));
      try {
        const entries = readBackupSettings(store).filesNotToBackup.value;
        assert.deepEqual(
          entries.filter(({ name }) => name === 'Winback test').map(({ text }) => text),
          [path],
        );
      } finally {
        store.deleteValue(key, 'Winback test');
      }
    },
  },
];

/** The live registry as a store. */
export const registryCases: readonly WindowsCase[] = [...storeCases, ...programCases];
