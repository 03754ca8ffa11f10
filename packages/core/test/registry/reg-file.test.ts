import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError, RegistryError } from '../../src/errors/index.js';
import {
  encodeMultiString,
  encodeString,
  importRegFile,
  joinKey,
  MemoryRegistryStore,
  numberValue,
  parseRegFile,
  RegExport,
  RegistryType,
  stringValue,
  type RegistryStore,
  type RegistryValue,
} from '../../src/registry/index.js';

const KEY = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Winback';
const utf8 = (text: string): Uint8Array => Buffer.from(text);
const reg = (body: string): Uint8Array => Buffer.from(`\ufeffWindows Registry Editor Version 5.00\r\n\r\n[${KEY}]\r\n${body}`, 'utf16le');
const regedit4 = (body: string): Uint8Array => Buffer.from(`REGEDIT4\n\n[${KEY}]\n${body}`, 'latin1');
const exported = (store: RegistryStore, path: string, prefix?: string): Uint8Array =>
  Buffer.concat([...new RegExport(store, path, { prefix }).pieces()]);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf16le');

/** Everything in a store, in its order. */
function dump(store: RegistryStore, path = ''): unknown[] {
  const key = store.key(path);
  if (!key) return [];
  const values = [...key.values()].map(({ name, type, data }) => [name, type, Buffer.from(data).toString('hex')]);
  return [[key.path, values], ...[...key.subkeys()].flatMap((name) => dump(store, joinKey(path, name)))];
}

function importInto(bytes: Uint8Array, prefix?: string): MemoryRegistryStore {
  const store = new MemoryRegistryStore();
  importRegFile(store, bytes, { prefix });
  return store;
}

const valuesIn = (bytes: Uint8Array): RegistryValue[] => [...(importInto(bytes).key(KEY)?.values() ?? [])];
const data = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

describe('a .reg file that is read', () => {
  it.each<[body: string, value: RegistryValue]>([
    ['"a"="b"', stringValue('a', 'b')],
    ['@="default"', stringValue('', 'default')],
    ['@ = "default" ; so it is', stringValue('', 'default')],
    ['"@"="named"', stringValue('@', 'named')],
    ['  "a" = "b"  ', stringValue('a', 'b')],
    ['"a \\"b\\" \\\\c"="C:\\\\x \\"y\\""', stringValue('a "b" \\c', 'C:\\x "y"')],
    ['"semicolon ;"="a;b"', stringValue('semicolon ;', 'a;b')],
    ['"a=b"="=="', stringValue('a=b', '==')],
    ['"empty"=""', stringValue('empty', '')],
    ['"lines"="one\r\ntwo\nthree"', stringValue('lines', 'one\r\ntwo\nthree')],
    ['"in\r\nname"="x"', stringValue('in\r\nname', 'x')],
    ['"ünï"="日本 🦆 \ud800"', stringValue('ünï', '日本 🦆 \ud800')],
    ['"n"=dword:0000002a', numberValue('n', 42)],
    ['"n"=DWORD:FFFFFFFF ; most', numberValue('n', 0xffff_ffff)],
    ['"n"=dword:1', numberValue('n', 1)],
    ['"b"=hex:', { name: 'b', type: 3, data: data() }],
    ['"b"=hex:01,2,FF', { name: 'b', type: 3, data: data(1, 2, 255) }],
    ['"b"=hex:01,02,\\\r\n  03,04,\\ \r\n\t05', { name: 'b', type: 3, data: data(1, 2, 3, 4, 5) }],
    ['"b"=hex:01,02,\\ ; first\r\n  ; between', { name: 'b', type: 3, data: data(1, 2) }],
    ['"b"=hex:01,\\', { name: 'b', type: 3, data: data(1) }],
    ['"b"=hex(0):', { name: 'b', type: 0, data: data() }],
    ['"b"=hex(2):25,00,78,00,25,00,00,00', stringValue('b', '%x%', RegistryType.EXPAND_SZ)],
    ['"b"=hex(7):61,00,00,00,62,00,00,00,00,00', { name: 'b', type: 7, data: encodeMultiString(['a', 'b']) }],
    ['"b"=hex(b):01,00,00,00,00,00,00,00', { name: 'b', type: 11, data: data(1, 0, 0, 0, 0, 0, 0, 0) }],
    ['"b"=hex(FFFFFFFF):01', { name: 'b', type: 0xffff_ffff, data: data(1) }],
    ['"b"=hex(4):01', { name: 'b', type: 4, data: data(1) }],
  ])('%s', (body, value) => {
    expect(valuesIn(reg(body))).toEqual([value]);
    expect(valuesIn(reg(`; comment\r\n${body}\r\n\r\n  ; more`))).toEqual([value]);
  });

  it('may be UTF-8 with and without a mark, UTF-16 without one, and have the line ends of other systems', () => {
    const text = `Windows Registry Editor Version 5.00\n\n[${KEY}]\n"ü"="日本"\n`;
    for (const bytes of [utf8(text), utf8(`\ufeff${text}`), Buffer.from(text, 'utf16le'), utf8(`\r\n${text.replaceAll('\n', '\r\n')}`)]) {
      expect(valuesIn(bytes)).toEqual([stringValue('ü', '日本')]);
    }
  });

  it('has lines in the system’s code page where they are no UTF-8', () => {
    const bytes = Buffer.concat([utf8(`Windows Registry Editor Version 5.00\n[${KEY}]\n"日"="x"\n`), Buffer.from('"\xfc"="x"', 'latin1')]);
    expect(valuesIn(bytes)).toEqual([stringValue('日', 'x'), stringValue('ü', 'x')]);
  });

  it('of REGEDIT4 holds strings in the system’s code page, also those in hex', () => {
    expect(valuesIn(regedit4('"\xfc\x80"="\xe4"\n"m"=hex(7):e4,00,80,00,00\n"e"=hex(2):61,00\n"b"=hex:e4,00'))).toEqual([
      stringValue('ü€', 'ä'),
      { name: 'm', type: 7, data: encodeMultiString(['ä', '€']) },
      stringValue('e', 'a', RegistryType.EXPAND_SZ),
      { name: 'b', type: 3, data: data(0xe4, 0) },
    ]);
  });

  it('deletes keys and values', () => {
    const store = importInto(reg(`"a"="x"\r\n"b"="x"\r\n@="x"\r\n[${KEY}\\Sub\\Sub]\r\n[${KEY}\\Other]`));
    const count = importRegFile(store, reg(`"A"=-\r\n@=- ; gone\r\n"none"=-\r\n\r\n[-${KEY}\\SUB]\r\n[-${KEY}\\none]\r\n`));
    expect(count).toEqual({ keys: 1, values: 0, deletedKeys: 1, deletedValues: 2 });
    expect(dump(store, KEY)).toEqual([
      [KEY, [['b', 1, '78000000']]],
      [`${KEY}\\Other`, []],
    ]);
  });

  it('names root keys in full or in short', () => {
    const text = ['HKLM', 'HKCU', 'HKCR', 'HKU', 'HKCC', 'hkey_local_machine'].map((root) => `[${root}\\x]\n`).join('');
    const store = importInto(utf8(`REGEDIT4\n${text}`));
    expect([...(store.key('')?.subkeys() ?? [])]).toEqual([
      'HKEY_CLASSES_ROOT',
      'HKEY_CURRENT_CONFIG',
      'HKEY_CURRENT_USER',
      'HKEY_LOCAL_MACHINE',
      'HKEY_USERS',
    ]);
  });

  it('may have brackets in the names of keys, and a comment behind them', () => {
    const store = importInto(utf8('REGEDIT4\n[HKLM\\a]b[c]\n [HKLM\\d] ; comment\n[HKLM\\e\\]\n'));
    expect([...(store.key('HKEY_LOCAL_MACHINE')?.subkeys() ?? [])]).toEqual(['a]b[c', 'd', 'e']);
  });

  it('goes into a hive below a prefix, or as it stands', () => {
    const file = reg('"v"="x"\r\n[HKLM\\SOFTWARE]\r\n"top"="x"');
    const expected = [
      ['', [['top', 1, '78000000']]],
      ['Winback', [['v', 1, '78000000']]],
    ];
    expect(dump(importInto(file, 'HKEY_LOCAL_MACHINE\\Software'))).toEqual(expected);
    expect(dump(importInto(utf8('REGEDIT4\n[\\]\n"top"="x"\n[\\Winback]\n"v"="x"\n'), ''))).toEqual(expected);
    expect(dump(importInto(utf8('REGEDIT4\n[\\HKLM\\x]\n'), ''))).toEqual([
      ['', []],
      ['HKLM', []],
      ['HKLM\\x', []],
    ]);
  });

  it.each<[prefix: string | undefined, body: string]>([
    ['HKEY_LOCAL_MACHINE\\SYSTEM', `[${KEY}]`],
    ['HKEY_LOCAL_MACHINE\\SOFT', `[${KEY}]`],
    ['', `[${KEY}]`],
    [undefined, '[\\Winback]'],
    [undefined, '[Winback]'],
  ])('below %j refuses %s', (prefix, body) => {
    const store = new MemoryRegistryStore();
    expect(() => importRegFile(store, utf8(`REGEDIT4\n${body}`), { prefix })).toThrow(expect.objectContaining({ code: 'REGISTRY_NAME' }));
  });
});

describe('a .reg file that makes no sense', () => {
  it.each<[body: string, code: string, line: number]>([
    ['"a', 'FORMAT_SHORT', 4],
    ['"a"="b', 'FORMAT_SHORT', 4],
    ['"a"', 'FORMAT_STRUCTURE', 4],
    ['"a"=', 'FORMAT_STRUCTURE', 4],
    ['"a"="b" c', 'FORMAT_STRUCTURE', 4],
    ['"a"=b', 'FORMAT_STRUCTURE', 4],
    ['"a"=-1', 'FORMAT_STRUCTURE', 4],
    ['"a"="C:\\Temp"', 'FORMAT_STRUCTURE', 4],
    ['"a"=dword:', 'FORMAT_STRUCTURE', 4],
    ['"a"=dword:123456789', 'FORMAT_STRUCTURE', 4],
    ['"a"=dword:xyz', 'FORMAT_STRUCTURE', 4],
    ['"a"=hex(100000000):', 'FORMAT_STRUCTURE', 4],
    ['"a"=hex:1g', 'FORMAT_STRUCTURE', 4],
    ['"a"=hex:123', 'FORMAT_STRUCTURE', 4],
    ['"a"=hex:01,,02', 'FORMAT_STRUCTURE', 4],
    ['"ok"="x"\r\n\r\n"a"=hex:01,\\\r\n  zz', 'FORMAT_STRUCTURE', 7],
    ['words', 'FORMAT_STRUCTURE', 4],
    ['[HKLM\\a', 'FORMAT_STRUCTURE', 4],
    ['[HKLM\\a] b', 'FORMAT_STRUCTURE', 4],
    ['[]', 'FORMAT_STRUCTURE', 4],
    ['[-]', 'FORMAT_STRUCTURE', 4],
    ['[-\\]', 'FORMAT_STRUCTURE', 4],
    ['[HKLM\\a\\\\b]', 'FORMAT_RANGE', 4],
    [`[HKLM\\${'x'.repeat(256)}]`, 'FORMAT_RANGE', 4],
    [`"${'x'.repeat(16_384)}"="x"`, 'FORMAT_RANGE', 4],
    ['[-HKLM\\a]\r\n"a"="b"', 'FORMAT_STRUCTURE', 5],
  ])('is told where: %s', (body, code, line) => {
    for (const file of [reg(body), regedit4(body)]) {
      const store = new MemoryRegistryStore();
      const message = expect.stringMatching(new RegExp(`^\\.reg file, line ${String(line)} at byte 0x`)) as string;
      expect(() => importRegFile(store, file)).toThrow(expect.objectContaining({ code, message }));
      expect(dump(store)).toEqual([['', []]]);
    }
  });

  it('is told by byte too', () => {
    const file = reg('"a"="b"\r\nx');
    expect(() => importInto(file)).toThrow(
      expect.objectContaining({ where: expect.objectContaining({ offset: file.length - 2 }) as object }),
    );
  });

  it.each(['', '\r\n', 'REGEDIT5', 'Windows Registry Editor Version 6.00', '[HKLM\\a]', ' ; comment\nREGEDIT4', '\ufeff'])(
    'begins with no header: %j',
    (text) => {
      expect(() => [...parseRegFile(utf8(text))]).toThrow(expect.objectContaining({ code: 'FORMAT_MAGIC' }));
      expect(() => [...parseRegFile(Buffer.from(`\ufeff${text}`, 'utf16le'))]).toThrow(expect.objectContaining({ code: 'FORMAT_MAGIC' }));
    },
  );

  it('is big-endian', () => {
    const bytes = Buffer.from('\ufeffREGEDIT4', 'utf16le').swap16();
    expect(() => [...parseRegFile(bytes)]).toThrow(expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }));
  });

  it('has a value before its first key', () => {
    expect(() => [...parseRegFile(utf8('REGEDIT4\n"a"="b"'))]).toThrow(expect.objectContaining({ code: 'FORMAT_STRUCTURE' }));
  });

  it('never ends in another error, wherever it is cut and whatever is in it', () => {
    const attempt = (bytes: Uint8Array): void => {
      try {
        for (const { line } of parseRegFile(bytes)) expect(line).toBeGreaterThan(0);
      } catch (error) {
        if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
      }
    };
    for (const whole of [
      reg('"a\\"ü"="b"\r\n@=hex(7):61,00,\\\r\n  00,00\r\n"d"=dword:1\r\n[-HKLM\\x]'),
      regedit4('"a"=hex:1,\\\n 2\n"a"=-'),
    ]) {
      for (let end = 0; end < whole.length; end++) attempt(whole.subarray(0, end));
    }
    const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) };
    const piece = fc.constantFrom(
      ...'[]"\\@=-;,:\r\n\0 \t1af('.split(''),
      'hex',
      'dword:',
      'hex(7):',
      '[HKLM\\a]',
      '\n"a"=',
      'ü',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => attempt(bytes)),
      runs,
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => attempt(reg(pieces.join('')))),
      runs,
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => attempt(utf8(`REGEDIT4\n${pieces.join('')}`))),
      runs,
    );
  });
});

describe('a .reg file that is written', () => {
  it('looks as regedit’s', () => {
    const store = new MemoryRegistryStore();
    store.setValue(KEY, stringValue('', 'default'));
    store.setValue(KEY, stringValue('C:\\x "y"', 'a \\ "b"'));
    store.setValue(KEY, numberValue('n', 0x2a));
    store.setValue(KEY, { name: 'multi', type: RegistryType.MULTI_SZ, data: encodeMultiString(['ab', 'c']) });
    store.setValue(KEY, { name: 'bytes', type: RegistryType.BINARY, data: Uint8Array.from({ length: 60 }, (_, i) => i) });
    store.setValue(KEY, { name: 'none', type: RegistryType.NONE, data: new Uint8Array() });
    store.setValue(KEY, { name: 'lines', type: RegistryType.SZ, data: encodeString('a\nb') });
    store.setValue(KEY, { name: 'odd', type: RegistryType.DWORD, data: data(1, 2) });
    store.createKey(`${KEY}\\Sub\\Sub`);
    store.createKey('HKEY_LOCAL_MACHINE\\SOFTWARE\\Other');
    const bytes = exported(store, KEY);
    expect([bytes[0], bytes[1]]).toEqual([0xff, 0xfe]);
    expect(textOf(bytes.subarray(2)).replaceAll('\r\n', '\n')).toBe(`Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Winback]
@="default"
"C:\\\\x \\"y\\""="a \\\\ \\"b\\""
"n"=dword:0000002a
"multi"=hex(7):61,00,62,00,00,00,63,00,00,00,00,00
"bytes"=hex:00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,15,\\
  16,17,18,19,1a,1b,1c,1d,1e,1f,20,21,22,23,24,25,26,27,28,29,2a,2b,2c,2d,2e,\\
  2f,30,31,32,33,34,35,36,37,38,39,3a,3b
"none"=hex(0):
"lines"=hex(1):61,00,0a,00,62,00,00,00
"odd"=hex(4):01,02

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Winback\\Sub]

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Winback\\Sub\\Sub]

`);
  });

  it('says what it cannot hold', () => {
    const store = new MemoryRegistryStore();
    store.setValue(`${KEY}\\a\nb\\c`, stringValue('v', 'x'));
    store.setValue(`${KEY}\\z`, stringValue('v', 'x'));
    const all = new RegExport(store, KEY);
    const bytes = Buffer.concat([...all.pieces()]);
    expect(all.leftOut).toEqual([{ path: `${KEY}\\a\nb`, damaged: false, reason: expect.stringContaining('line feed') as string }]);
    expect({ keys: all.keys, values: all.values }).toEqual({ keys: 2, values: 1 });
    expect(importInto(bytes).key(`${KEY}\\z`)?.value('v')).toBeDefined();
  });

  it('has what can be read of a damaged hive, and says what cannot', () => {
    const store = new MemoryRegistryStore();
    store.setValue(`${KEY}\\a`, stringValue('v', 'x'));
    store.setValue(`${KEY}\\b`, stringValue('v', 'x'));
    store.createKey(`${KEY}\\c`);
    const damaged = (path: string): RegistryError => new RegistryError('REGISTRY_DAMAGED', `${path} is damaged`);
    function* cut<T>(items: Iterable<T>, path: string): Generator<T> {
      yield* items;
      throw damaged(path);
    }
    const broken: RegistryStore = Object.assign(store.reopen(), {
      key(path: string) {
        if (path === `${KEY}\\c`) throw damaged(path);
        const key = store.key(path);
        if (path !== `${KEY}\\a` || !key) return key;
        return { ...key, values: () => cut(key.values(), `${path}, values`), subkeys: () => cut(key.subkeys(), `${path}, keys`) };
      },
    });
    const all = new RegExport(broken, KEY);
    const read = importInto(Buffer.concat([...all.pieces()]));
    expect(dump(read, KEY).map((key) => (key as unknown[])[0])).toEqual([KEY, `${KEY}\\a`, `${KEY}\\b`]);
    expect(read.key(`${KEY}\\a`)?.value('v')).toEqual(stringValue('v', 'x'));
    expect(all.leftOut.map(({ reason }) => reason)).toEqual([
      `${KEY}\\a, values is damaged`,
      `${KEY}\\a, keys is damaged`,
      `${KEY}\\c is damaged`,
    ]);
  });

  it('of a key that is not there is an error', () => {
    expect(() => exported(new MemoryRegistryStore(), 'HKLM\\none')).toThrow(expect.objectContaining({ code: 'REGISTRY_NOT_FOUND' }));
  });

  it('gives back every key and every value', () => {
    const unit = fc.oneof(
      fc.constantFrom(...'a[]"\\@=-; \t\0\u00fc\ufeff'.split('')),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const keyName = fc
      .array(unit, { minLength: 1, maxLength: 8 })
      .map((parts) => parts.join('').replace(/[\\\r\n]/g, '_'))
      .filter((name) => name !== '');
    const valueName = fc
      .array(fc.oneof(unit, fc.constantFrom('\r', '\n', '\r\n', '\ud800')), { maxLength: 8 })
      .map((parts) => parts.join(''));
    const type = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 0xffff_ffff }));
    const content = fc.oneof(fc.uint8Array({ maxLength: 200 }), valueName.map(encodeString));
    const value = fc.record({ name: valueName, type, data: content });
    const tree = fc.array(fc.tuple(fc.array(keyName, { maxLength: 4 }), fc.array(value, { maxLength: 5 })), { maxLength: 8 });
    fc.assert(
      fc.property(tree, fc.constantFrom('', 'HKEY_LOCAL_MACHINE\\SYSTEM'), (keys, prefix) => {
        const store = new MemoryRegistryStore();
        for (const [names, values] of keys) {
          const path = names.join('\\');
          store.createKey(path);
          for (const v of values) store.setValue(path, v);
        }
        expect(dump(importInto(exported(store, '', prefix), prefix))).toEqual(dump(store));
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) },
    );
  });
});
