import assert from 'node:assert/strict';
import { isWinbackError, type ErrorCode } from '../errors/index.js';
import { sameName } from '../registry/registry-name.js';
import { joinKey, RegistryType, type RegistryCapability, type RegistryStore, type RegistryValue } from '../registry/registry-store.js';
import { encodeMultiString, encodeNumber, encodeString } from '../registry/value-data.js';
import { suite, type Case, type Harness } from './suite.js';

/** What a registry is tried with: a key of it that is there, empty and flushed. */
export interface RegistryStoreHarness extends Harness<RegistryCapability> {
  /** The key under which the cases make all of theirs; '' where the whole store is theirs. */
  readonly root: string;
  /** Opens what was flushed so far. Earlier stores of the harness are no longer used. */
  open(options?: { readonly readOnly?: boolean }): RegistryStore;
}

export type RegistryStoreCase = Case<RegistryStoreHarness, RegistryCapability>;

/** Names of keys and values alike. */
const NAMES = [
  'a',
  'with blanks ',
  ' leading',
  '.',
  '..',
  'slash/es/',
  '/',
  '*',
  '?',
  '%PATH%',
  '"quoted"',
  "it's",
  '[brackets]',
  ']',
  '@',
  ';no comment',
  'a=b',
  '-',
  'Ünïcödé',
  'ß and ÿ',
  '日本語',
  '🦆',
  'e\u0301 and \u00e9',
  'lone \ud800 surrogate',
  '\udc00\ud800',
  '\u0001',
  'tab\tand\rreturn\nline',
  '\ufeff',
  '\uffff',
  'x'.repeat(255),
  '日'.repeat(255),
  '\ud800'.repeat(255),
];

const TYPES = [...Object.values(RegistryType), 12, 0x1234, 0x7fff_ffff, 0xffff_ffff];
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 255, 4096, 16_343, 16_344, 16_345, 32_689, 65_536, 1 << 20];

const hex = (data: Uint8Array | undefined): string | undefined => data && Buffer.from(data).toString('hex');
const text = (name: string, value: string): RegistryValue => ({ name, type: RegistryType.SZ, data: encodeString(value) });
const shown = ({ name, type, data }: RegistryValue): [string, number, string | undefined] => [name, type, hex(data)];

function refuses(code: ErrorCode, action: () => unknown): void {
  assert.throws(action, (error) => isWinbackError(error, code));
}

/** Runs in a store with `below`, which makes paths under the harness's root. */
const using = (
  name: string,
  run: (store: RegistryStore, below: (path: string) => string, harness: RegistryStoreHarness) => void,
  needs: readonly RegistryCapability[] = ['write'],
): RegistryStoreCase => ({
  name,
  needs,
  run(harness) {
    using store = harness.open();
    run(store, (path) => (path === '' ? harness.root : joinKey(harness.root, path)), harness);
  },
});

function valuesOf(store: RegistryStore, path: string): [string, number, string | undefined][] {
  const key = store.key(path);
  assert.ok(key, `${path} is not there`);
  return [...key.values()].map(shown);
}

const byName = (values: readonly [string, ...unknown[]][]) => [...values].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** Compares all values of a key, with their order where the store promises one. */
function hasValues(store: RegistryStore, path: string, expected: readonly [string, number, string | undefined][]): void {
  const values = valuesOf(store, path);
  if (store.capabilities.has('unordered-values')) assert.deepEqual(byName(values), byName(expected));
  else assert.deepEqual(values, expected);
}

/** As {@link hasValues}, of their names alone. */
function hasValueNames(store: RegistryStore, path: string, expected: readonly string[]): void {
  const names = valuesOf(store, path).map(([name]) => name);
  if (store.capabilities.has('unordered-values')) assert.deepEqual(names.sort(), [...expected].sort());
  else assert.deepEqual(names, expected);
}

function subkeysOf(store: RegistryStore, path: string): string[] {
  const key = store.key(path);
  assert.ok(key, `${path} is not there`);
  return [...key.subkeys()];
}

const keyCases: readonly RegistryStoreCase[] = [
  using('has its root key, and no key that nobody made', (store, below) => {
    assert.equal(store.key(below(''))?.path, below(''));
    for (const path of ['none', 'none\\none', 'a\\', '\\a', 'a\\\\b', 'x'.repeat(300)]) assert.equal(store.key(below(path)), undefined);
    assert.equal(store.deleteKey(below('none')), false);
    assert.equal(store.deleteKey(below('none\\none')), false);
    assert.equal(store.deleteValue(below('none'), 'x'), false);
    assert.equal(store.deleteValue(below(''), 'none'), false);
    assert.equal(store.key(below(''))?.value('none'), undefined);
    assert.deepEqual(subkeysOf(store, below('')), []);
  }),
  using('makes keys with those above them, and says where they are', (store, below) => {
    const made = store.createKey(below('One\\Two\\Three'));
    assert.equal(made.path, below('One\\Two\\Three'));
    assert.equal(made.name, 'Three');
    assert.deepEqual(subkeysOf(store, below('')), ['One']);
    assert.deepEqual(subkeysOf(store, below('One')), ['Two']);
    assert.deepEqual(subkeysOf(store, below('One\\Two\\Three')), []);
    assert.equal(store.key(below('One\\Two'))?.name, 'Two');
  }),
  using('takes a key that is there for the one that is asked for', (store, below) => {
    store.setValue(below('Key'), text('v', 'kept'));
    store.createKey(below('Key\\Sub'));
    assert.equal(store.createKey(below('kEY')).name, 'Key');
    assert.deepEqual(subkeysOf(store, below('')), ['Key']);
    assert.deepEqual(subkeysOf(store, below('KEY')), ['Sub']);
    assert.equal(store.key(below('KEY'))?.value('V')?.name, 'v');
  }),
  using('keeps names as they are spelled and finds them in any case, also beyond ASCII', (store, below) => {
    store.setValue(below('MiXed\\Ünïcödé'), text('VaLue Ä', 'x'));
    const key = store.key(below('mIxED\\ÜNÏCÖDÉ'));
    assert.ok(key && sameName(key.path, below('MiXed\\Ünïcödé')));
    assert.equal(key.name, 'Ünïcödé');
    assert.equal(key.value('vAlUE ä')?.name, 'VaLue Ä');
    assert.equal(store.deleteValue(below('MIXED\\ünïcödé'), 'VALUE ä'), true);
    assert.equal(store.deleteKey(below('mixed')), true);
    assert.deepEqual(subkeysOf(store, below('')), []);
  }),
  using('keeps names apart that differ in more than case', (store, below) => {
    const names = ['ss', 'ß', 'i', 'ı', 'e\u0301', '\u00e9', 'a', 'a ', ' a', 'a.', 'ﬁ', 'fi'];
    for (const name of names) store.setValue(below(`k\\${name}`), text(name, name));
    for (const name of names) store.setValue(below('v'), text(name, name));
    assert.deepEqual(subkeysOf(store, below('k')).sort(), [...names].sort());
    for (const name of names) assert.equal(store.key(below(`k\\${name}`))?.value(name)?.name, name);
    hasValueNames(store, below('v'), names);
  }),
  using('takes any name for a key', (store, below, harness) => {
    for (const name of NAMES) store.setValue(below(name), text('name', name));
    store.flush();
    using again = harness.open();
    assert.deepEqual(subkeysOf(again, below('')).sort(), [...NAMES].sort());
    for (const name of NAMES) assert.equal(hex(again.key(below(name))?.value('name')?.data), hex(encodeString(name)));
  }),
  using('refuses names that a key cannot have, and makes nothing then', (store, below) => {
    const long = 'x'.repeat(256);
    for (const path of [long, `a\\${long}`, `${long}\\a`, 'a\\\\b', 'a\\', 'a\\b\\']) {
      refuses('REGISTRY_NAME', () => store.createKey(below(path)));
      refuses('REGISTRY_NAME', () => store.setValue(below(path), text('v', 'x')));
    }
    assert.deepEqual(subkeysOf(store, below('')), []);
  }),
  using('holds keys in keys, a hundred deep', (store, below) => {
    const path = Array.from({ length: 100 }, (_, i) => `Level ${String(i)}`).join('\\');
    store.setValue(below(path), text('', 'bottom'));
    assert.ok(sameName(store.key(below(path.toUpperCase()))?.path ?? '', below(path)));
    assert.equal(store.deleteKey(below('level 0\\level 1')), true);
    assert.deepEqual(subkeysOf(store, below('Level 0')), []);
  }),
  using('holds thousands of keys in one', (store, below, harness) => {
    const names = Array.from({ length: 3000 }, (_, i) => `Key ${String((i * 7919) % 3000)}`);
    for (const name of names) store.createKey(below(`many\\${name}`));
    store.flush();
    using again = harness.open();
    assert.deepEqual(subkeysOf(again, below('many')).sort(), [...names].sort());
    for (const name of names.slice(0, 1500)) assert.equal(again.deleteKey(below(`many\\${name.toLowerCase()}`)), true);
    assert.deepEqual(subkeysOf(again, below('many')).sort(), names.slice(1500).sort());
  }),
  using('names keys in the same order each time, and after reopening', (store, below, harness) => {
    for (const name of ['b', 'C', 'a', 'é', 'Z', '_', '10', '9', 'É2']) store.createKey(below(name));
    const order = subkeysOf(store, below(''));
    assert.deepEqual(subkeysOf(store, below('')), order);
    store.flush();
    using again = harness.open();
    assert.deepEqual(subkeysOf(again, below('')), order);
  }),
  using('deletes a key with all below it, and nothing else', (store, below, harness) => {
    for (const path of ['a\\b\\c', 'a\\b2', 'ab', 'a2\\b\\c']) store.setValue(below(path), text('v', path));
    store.flush();
    assert.equal(store.deleteKey(below('a')), true);
    for (const path of ['a', 'a\\b', 'a\\b\\c', 'a\\b2']) assert.equal(store.key(below(path)), undefined);
    for (const path of ['ab', 'a2\\b\\c']) assert.equal(store.key(below(path))?.value('v')?.name, 'v');
    assert.equal(store.deleteKey(below('a')), false);
    store.createKey(below('a'));
    assert.deepEqual(subkeysOf(store, below('a')), []);
    store.flush();
    using again = harness.open();
    assert.deepEqual(subkeysOf(again, below('')).sort(), ['a', 'a2', 'ab']);
    assert.deepEqual(subkeysOf(again, below('a')), []);
  }),
  {
    name: 'keeps the class of a key',
    needs: ['write', 'class-names'],
    run(harness) {
      const path = joinKey(harness.root, 'classy');
      {
        using store = harness.open();
        assert.equal(store.createKey(path, { className: 'Ünï class' }).className, 'Ünï class');
        store.createKey(`${path} not`);
        store.flush();
      }
      using store = harness.open();
      assert.equal(store.key(path)?.className, 'Ünï class');
      assert.equal(store.key(`${path} not`)?.className ?? '', '');
    },
  },
];

const valueCases: readonly RegistryStoreCase[] = [
  using('holds data of every type that winnt.h names, as it is', (store, below, harness) => {
    const values: RegistryValue[] = [
      text('string', 'ünï'),
      { name: 'expand', type: RegistryType.EXPAND_SZ, data: encodeString('%windir%\\x') },
      { name: 'multi', type: RegistryType.MULTI_SZ, data: encodeMultiString(['one', 'two']) },
      { name: 'dword', type: RegistryType.DWORD, data: encodeNumber(RegistryType.DWORD, 0xfedc_ba98n) },
      { name: 'big', type: RegistryType.DWORD_BIG_ENDIAN, data: encodeNumber(RegistryType.DWORD_BIG_ENDIAN, 1n) },
      { name: 'qword', type: RegistryType.QWORD, data: encodeNumber(RegistryType.QWORD, 0xffff_ffff_ffff_fff0n) },
      ...Object.values(RegistryType).map((type) => ({ name: `odd ${String(type)}`, type, data: bytes(5) })),
    ];
    for (const value of values) store.setValue(below('types'), value);
    hasValues(store, below('types'), values.map(shown));
    store.flush();
    using again = harness.open();
    hasValues(again, below('types'), values.map(shown));
  }),
  using(
    'holds data of any other type',
    (store, below, harness) => {
      const values = TYPES.map((type): RegistryValue => ({ name: `type ${String(type)}`, type, data: bytes(type % 11) }));
      for (const value of values) store.setValue(below('types'), value);
      store.flush();
      using again = harness.open();
      hasValues(again, below('types'), values.map(shown));
    },
    ['write', 'any-type'],
  ),
  using('holds strings that are none: no NUL at the end, one in the middle, half a character', (store, below, harness) => {
    const datas = [[], [0], [0x41], [0x41, 0], [0x41, 0, 0], [0x41, 0, 0, 0, 0x42, 0, 0, 0], [0, 0, 0, 0], [0, 0xd8, 0, 0]];
    const types = [RegistryType.SZ, RegistryType.EXPAND_SZ, RegistryType.MULTI_SZ, RegistryType.DWORD, RegistryType.QWORD];
    const values = types.flatMap((type) =>
      datas.map((data, i): RegistryValue => ({ name: `${String(type)} ${String(i)}`, type, data: Uint8Array.from(data) })),
    );
    for (const value of values) store.setValue(below('odd'), value);
    store.flush();
    using again = harness.open();
    hasValues(again, below('odd'), values.map(shown));
  }),
  using('holds values of any size, from none to 1 MiB', (store, below, harness) => {
    for (const size of SIZES) store.setValue(below('sizes'), { name: String(size), type: RegistryType.BINARY, data: bytes(size) });
    store.flush();
    using again = harness.open();
    const key = again.key(below('sizes'));
    for (const size of SIZES) assert.equal(hex(key?.value(String(size))?.data), hex(bytes(size)), `${String(size)} bytes`);
  }),
  using('replaces a value by one of another size and type, and says what it is called now', (store, below, harness) => {
    const sizes = [4, 0, 70_000, 8, 20_000, 3, 1 << 20, 5];
    for (const [i, size] of sizes.entries()) {
      store.setValue(below('k'), text('before', 'x'));
      store.setValue(below('k'), { name: i % 2 === 0 ? 'Value' : 'VALUE', type: (i % 2) + 3, data: bytes(size) });
      store.setValue(below('k'), text('after', 'x'));
      store.flush();
      using again = harness.open();
      assert.equal(hex(again.key(below('k'))?.value('vALUE')?.data), hex(bytes(size)));
      assert.equal(again.key(below('k'))?.value('value')?.type, (i % 2) + 3);
      assert.equal(valuesOf(again, below('k')).length, 3);
    }
  }),
  using('takes a copy of the data that it is given', (store, below) => {
    const data = bytes(100);
    store.setValue(below('k'), { name: 'v', type: RegistryType.BINARY, data });
    data.fill(0xff);
    assert.equal(hex(store.key(below('k'))?.value('v')?.data), hex(bytes(100)));
  }),
  using('has a default value for each key, called nothing', (store, below, harness) => {
    store.setValue(below('k'), text('', 'default'));
    store.setValue(below('k'), text('@', 'not it'));
    assert.equal(store.key(below('k'))?.value('')?.name, '');
    store.flush();
    using again = harness.open();
    hasValues(again, below('k'), [text('', 'default'), text('@', 'not it')].map(shown));
    assert.equal(again.deleteValue(below('k'), ''), true);
    assert.equal(again.key(below('k'))?.value(''), undefined);
    assert.equal(again.key(below('k'))?.value('@')?.name, '@');
  }),
  using('takes any name for a value, also one that no key can have', (store, below, harness) => {
    const names = [...NAMES, 'back\\slash', '\\', 'C:\\Windows\\', 'y'.repeat(4000)];
    for (const name of names) store.setValue(below('k'), text(name, name));
    store.flush();
    using again = harness.open();
    hasValues(
      again,
      below('k'),
      names.map((name) => shown(text(name, name))),
    );
    for (const name of names) assert.equal(again.key(below('k'))?.value(name)?.name, name);
  }),
  using('refuses a value whose name is longer than 16,383 characters', (store, below) => {
    store.createKey(below('k'));
    refuses('REGISTRY_NAME', () => store.setValue(below('k'), text('x'.repeat(16_384), 'x')));
    hasValues(store, below('k'), []);
  }),
  using('gives values in the order in which they were set first', (store, below, harness) => {
    const names = ['z', '10', '9', 'a', '', 'M', '2'];
    for (const name of names) store.setValue(below('k'), text(name, 'first'));
    for (const name of ['a', 'z']) store.setValue(below('k'), text(name, 'second, and longer'));
    hasValueNames(store, below('k'), names);
    store.flush();
    using again = harness.open();
    hasValueNames(again, below('k'), names);
  }),
  using('deletes single values', (store, below, harness) => {
    for (const name of ['a', 'b', 'c']) store.setValue(below('k'), text(name, name));
    assert.equal(store.deleteValue(below('k'), 'B'), true);
    assert.equal(store.deleteValue(below('k'), 'b'), false);
    store.flush();
    using again = harness.open();
    hasValueNames(again, below('k'), ['a', 'c']);
    for (const name of ['a', 'c']) again.deleteValue(below('k'), name);
    hasValues(again, below('k'), []);
    assert.ok(again.key(below('k')));
  }),
];

const durableCases: readonly RegistryStoreCase[] = [
  using('gives the same after reopening', (store, below, harness) => {
    store.setValue(below('Key\\Sub'), text('Value', 'x'));
    store.setValue(below('Key'), { name: 'n', type: RegistryType.DWORD, data: bytes(4) });
    store.createKey(below('Empty'));
    store.flush();
    store.flush();
    using again = harness.open();
    assert.deepEqual(subkeysOf(again, below('')).sort(), ['Empty', 'Key']);
    assert.deepEqual(subkeysOf(again, below('Key')), ['Sub']);
    hasValues(again, below('Key\\Sub'), [shown(text('Value', 'x'))]);
    hasValues(again, below('Key'), [['n', RegistryType.DWORD, hex(bytes(4))]]);
    hasValues(again, below('Empty'), []);
  }),
  using('has nothing after reopening of what was not flushed, or everything where changes are immediate', (store, below, harness) => {
    store.setValue(below('kept'), text('v', 'before'));
    store.createKey(below('stays'));
    store.flush();
    store.setValue(below('kept'), text('v', 'after'));
    store.setValue(below('kept'), text('new', 'x'));
    store.deleteKey(below('stays'));
    store.createKey(below('lost'));
    assert.equal(hex(store.key(below('kept'))?.value('v')?.data), hex(encodeString('after')));
    store[Symbol.dispose]();
    using again = harness.open();
    if (store.capabilities.has('immediate')) {
      assert.deepEqual(subkeysOf(again, below('')).sort(), ['kept', 'lost']);
      hasValues(again, below('kept'), [text('v', 'after'), text('new', 'x')].map(shown));
      return;
    }
    assert.deepEqual(subkeysOf(again, below('')).sort(), ['kept', 'stays']);
    hasValues(again, below('kept'), [shown(text('v', 'before'))]);
  }),
  {
    name: 'opened for reading only it gives everything and refuses every change',
    needs: ['write'],
    run(harness) {
      const path = joinKey(harness.root, 'k');
      {
        using store = harness.open();
        store.setValue(path, text('v', 'x'));
        store.flush();
      }
      using store = harness.open({ readOnly: true });
      assert.equal(store.capabilities.has('write'), false);
      hasValues(store, path, [shown(text('v', 'x'))]);
      refuses('REGISTRY_READ_ONLY', () => store.createKey(joinKey(path, 'sub')));
      refuses('REGISTRY_READ_ONLY', () => store.deleteKey(path));
      refuses('REGISTRY_READ_ONLY', () => store.setValue(path, text('v', 'y')));
      refuses('REGISTRY_READ_ONLY', () => store.deleteValue(path, 'v'));
      hasValues(store, path, [shown(text('v', 'x'))]);
    },
  },
];

/** What any registry that can be reopened must do. */
export const registryStoreSuite = suite('registry store', [...keyCases, ...valueCases, ...durableCases]);
