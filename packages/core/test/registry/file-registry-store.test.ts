import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyContainer } from '../../src/di.js';
import { isWinbackError } from '../../src/errors/index.js';
import { createContainer } from '../../src/plugin/index.js';
import corePlugin from '../../src/plugin.js';
import { PLATFORM, systemPlatform } from '../../src/ports/index.js';
import {
  FileRegistryStore,
  multiStringValue,
  numberValue,
  REGISTRY_STORE,
  registryFilesOf,
  RegistryType,
  stringValue,
  SYSTEM_REGISTRY_FILE,
} from '../../src/registry/index.js';
import { registryStoreSuite, runSuite } from '../../src/testing/index.js';

const MACHINE = 'HKEY_LOCAL_MACHINE\\SOFTWARE';
const isRoot = systemPlatform().userId === 0;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-registry-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});
const at = (name: string): string => join(home, name);

for (const both of [false, true]) {
  runSuite({ describe, it }, registryStoreSuite, both ? 'file above another' : 'file', ['write', 'any-type', 'class-names'], () => {
    const own = at('own.json');
    const below = both ? at('below.json') : undefined;
    for (const [file, key] of [
      [below, 'HKEY_LOCAL_MACHINE\\SYSTEM'],
      [own, MACHINE],
    ] as const) {
      if (file === undefined) continue;
      using store = new FileRegistryStore({ own: file });
      store.createKey(key);
      store.flush();
    }
    const open = (options = {}): FileRegistryStore => new FileRegistryStore({ own, below, ...options });
    return { capabilities: open().capabilities, root: MACHINE, open };
  });
}

describe('the file', () => {
  const open = (): FileRegistryStore => new FileRegistryStore({ own: at('sub/registry.json') });

  it('reads well, is private, and comes alone', () => {
    using store = open();
    store.setValue(
      'HKLM\\SYSTEM\\CurrentControlSet\\Control\\BackupRestore\\FilesNotToBackup',
      multiStringValue('Caches', ['/var/cache/* /s']),
    );
    store.setValue('hklm\\software\\X', stringValue('Text', 'ünï "x"'));
    store.setValue('HKLM\\Software\\X', numberValue('Number', 64));
    store.setValue('HKLM\\Software\\X', { name: 'Bytes', type: RegistryType.BINARY, data: Buffer.from([0, 1, 2]) });
    store.createKey('HKLM\\Software\\Empty');
    expect(existsSync(at('sub'))).toBe(false);
    store.flush();
    expect(readdirSync(at('sub'))).toEqual(['registry.json']);
    expect(statSync(at('sub/registry.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(at('sub/registry.json'), 'utf8')).toBe(`{
  "format": "winback-registry-1",
  "keys": [
    {
      "key": "HKEY_LOCAL_MACHINE\\\\software\\\\Empty"
    },
    {
      "key": "HKEY_LOCAL_MACHINE\\\\software\\\\X",
      "values": [
        { "name": "Text", "type": "REG_SZ", "data": "ünï \\"x\\"" },
        { "name": "Number", "type": "REG_DWORD", "data": 64 },
        { "name": "Bytes", "type": "REG_BINARY", "data": {"base64":"AAEC"} }
      ]
    },
    {
      "key": "HKEY_LOCAL_MACHINE\\\\SYSTEM\\\\CurrentControlSet\\\\Control\\\\BackupRestore\\\\FilesNotToBackup",
      "values": [
        { "name": "Caches", "type": "REG_MULTI_SZ", "data": ["/var/cache/* /s"] }
      ]
    }
  ]
}
`);
  });

  it('keeps the mode that somebody gave it, and stays a link', () => {
    {
      using store = open();
      store.createKey('HKLM\\a');
      store.flush();
    }
    chmodSync(at('sub/registry.json'), 0o644);
    symlinkSync('sub/registry.json', at('link.json'));
    using store = new FileRegistryStore({ own: at('link.json') });
    store.createKey('HKLM\\b');
    store.flush();
    expect(lstatSync(at('link.json')).isSymbolicLink()).toBe(true);
    expect(statSync(at('sub/registry.json')).mode & 0o777).toBe(0o644);
    expect(readFileSync(at('sub/registry.json'), 'utf8')).toContain('HKEY_LOCAL_MACHINE\\\\b');
  });

  it('refuses keys that begin with no root key', () => {
    using store = open();
    for (const path of ['SYSTEM\\x', '', 'HKEY_LOCAL_MACHINE2\\x']) {
      expect(() => store.setValue(path, stringValue('v', 'x'))).toThrow(expect.objectContaining({ code: 'REGISTRY_NAME' }));
    }
  });

  it('is not overwritten when another program changed it meanwhile', () => {
    using first = open();
    first.createKey('HKLM\\first');
    first.flush();
    using second = open();
    second.createKey('HKLM\\second');
    second.flush();
    first.createKey('HKLM\\third');
    expect(() => first.flush()).toThrow(expect.objectContaining({ code: 'REGISTRY_IO', transient: true }));
    using again = open();
    expect([...(again.key('HKLM')?.subkeys() ?? [])]).toEqual(['first', 'second']);
  });

  it.skipIf(isRoot)('says that it may not be written (needs a user other than root)', () => {
    mkdirSync(at('sub'), { mode: 0o500 });
    using store = open();
    store.createKey('HKLM\\a');
    expect(() => store.flush()).toThrow(expect.objectContaining({ code: 'REGISTRY_IO' }));
  });

  it('that is a folder is an error with its name', () => {
    mkdirSync(at('sub/registry.json'), { recursive: true });
    expect(() => open().key('')).toThrow(expect.objectContaining({ code: 'REGISTRY_IO' }));
  });
});

describe('a file that makes no sense', () => {
  const key = (values: unknown): string => JSON.stringify({ format: 'winback-registry-1', keys: [{ key: 'HKLM\\a', values }] });
  it.each<[text: string, message: RegExp, details: object]>([
    [
      '{\n  "format": "winback-registry-1",\n  "keys": [ { "key": "HKLM" }, ]\n}',
      /registry\.json:3:32: not valid JSON/,
      { line: 3, column: 32 },
    ],
    ['', /registry\.json:1:1: not valid JSON/, { line: 1, column: 1 }],
    ['[]', /registry\.json: expected an object/, {}],
    ['{}', /: format: expected "winback-registry-1", found nothing/, { member: 'format' }],
    ['{"format":"winback-registry-2","keys":[]}', /: format: expected/, {}],
    ['{"format":"winback-registry-1","kyes":[]}', /: kyes: expected one of/, {}],
    ['{"format":"winback-registry-1","keys":{}}', /: keys: expected a list/, {}],
    ['{"format":"winback-registry-1","keys":[{"key":"SYSTEM"}]}', /: keys\[0\]\.key: expected a path that begins with a root key/, {}],
    ['{"format":"winback-registry-1","keys":[{"key":"HKLM\\\\\\\\a"}]}', /: keys\[0\]\.key: .*empty/, {}],
    [key([{ name: 'a', type: 'REG_SZ', data: 1 }]), /: keys\[0\]\.values\[0\]\.data: expected a text without NUL.*found 1/, {}],
    [key([{ name: 'a', type: 'REG_SZ', data: 'x\0y' }]), /data: expected a text without NUL/, {}],
    [key([{ name: 'a', type: 'REG_SZ' }]), /data: expected .* found nothing/, {}],
    [key([{ name: 'a', type: 'REG_DWORD', data: 4294967296 }]), /values\[0\]\.data: expected a whole number below/, {}],
    [key([{ name: 'a', type: 'REG_DWORD', data: 1.5 }]), /data: expected a whole number/, {}],
    [key([{ name: 'a', type: 'REG_MULTI_SZ', data: ['x', ''] }]), /data: expected a list of texts, none empty/, {}],
    [key([{ name: 'a', type: 'REG_BINARY', data: { base64: 'a' } }]), /data: expected \{ "base64"/, {}],
    [key([{ name: 'a', type: 'REG_ODD', data: 'x' }]), /values\[0\]\.type: expected the name of a type/, {}],
    [key([{ name: 1, type: 'REG_SZ', data: 'x' }]), /values\[0\]\.name: expected a text/, {}],
    [key([{ name: 'x'.repeat(16_384), type: 'REG_SZ', data: 'x' }]), /values\[0\]\.name: .*16384 characters/, {}],
  ])('is told where, and left alone: %s', (text, message, details) => {
    writeFileSync(at('registry.json'), text);
    using store = new FileRegistryStore({ own: at('registry.json') });
    const actions = [() => store.key(''), () => store.setValue('HKLM\\x', stringValue('v', 'x')), () => store.createKey('HKLM\\x')];
    for (const action of actions) {
      expect(action).toThrow(expect.objectContaining({ code: 'REGISTRY_DAMAGED', message: expect.stringMatching(message) as string }));
      expect(action).toThrow(expect.objectContaining({ details: expect.objectContaining(details) as object }));
    }
    store.flush();
    expect(readFileSync(at('registry.json'), 'utf8')).toBe(text);
  });

  it('may name root keys in short, and hold keys of the same name in two places', () => {
    writeFileSync(
      at('registry.json'),
      '{"format":"winback-registry-1","keys":[{"key":"hklm\\\\a","values":[{"name":"v","type":"dword","data":1}]},{"key":"HKEY_LOCAL_MACHINE\\\\A","values":[]}]}',
    );
    using store = new FileRegistryStore({ own: at('registry.json') });
    expect(store.key('HKEY_LOCAL_MACHINE\\a')?.value('v')).toEqual(numberValue('v', 1));
    expect([...(store.key('')?.subkeys() ?? [])]).toEqual(['HKEY_LOCAL_MACHINE']);
  });

  it('never ends in another error, wherever it is cut and whatever JSON it holds', () => {
    const attempt = (text: string): void => {
      writeFileSync(at('registry.json'), text);
      try {
        new FileRegistryStore({ own: at('registry.json') }).key('HKLM');
      } catch (error) {
        if (!isWinbackError(error, 'REGISTRY_DAMAGED')) throw error;
      }
    };
    const whole = key([{ name: 'a', type: 'REG_DWORD', data: 1 }]);
    for (let end = 0; end < whole.length; end++) attempt(whole.slice(0, end));
    const word = fc.constantFrom('key', 'values', 'name', 'type', 'data', 'class', 'security', 'base64', '__proto__');
    const json = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue(),
        fc.array(tie('any')),
        fc.dictionary(word, tie('any')),
        fc.constantFrom('HKLM\\a', 'REG_SZ'),
      ),
    })).any;
    fc.assert(
      fc.property(fc.array(json), (keys) => attempt(JSON.stringify({ format: 'winback-registry-1', keys }))),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 100) },
    );
  });
});

describe('a user’s file above the machine’s', () => {
  const machine = (): FileRegistryStore => new FileRegistryStore({ own: at('machine.json') });
  const user = (): FileRegistryStore => new FileRegistryStore({ own: at('user.json'), below: at('machine.json') });

  it('has both, the user’s first', () => {
    using below = machine();
    below.setValue('HKLM\\k', stringValue('both', 'machine'));
    below.setValue('HKLM\\k\\below', stringValue('only', 'machine'));
    below.flush();
    using store = user();
    store.setValue('HKLM\\K', stringValue('BOTH', 'user'));
    store.setValue('HKLM\\k\\above', stringValue('only', 'user'));
    store.flush();
    using again = user();
    expect([...(again.key('HKLM\\k')?.subkeys() ?? [])]).toEqual(['above', 'below']);
    expect([...(again.key('HKLM\\k')?.values() ?? [])]).toEqual([stringValue('BOTH', 'user')]);
    const text = readFileSync(at('user.json'), 'utf8');
    expect(text).not.toContain('machine');
  });

  it('refuses to delete what the machine’s has', () => {
    using below = machine();
    below.setValue('HKLM\\k\\sub', stringValue('v', 'machine'));
    below.flush();
    using store = user();
    store.setValue('HKLM\\k\\sub', stringValue('own', 'x'));
    for (const action of [() => store.deleteKey('HKLM\\k'), () => store.deleteValue('HKLM\\k\\sub', 'V')]) {
      expect(action).toThrow(expect.objectContaining({ code: 'REGISTRY_READ_ONLY' }));
    }
    expect(store.deleteValue('HKLM\\k\\sub', 'own')).toBe(true);
    expect(store.key('HKLM\\k\\sub')?.value('v')).toBeDefined();
  });

  it('deletes the user’s value, after which the machine’s holds again', () => {
    using below = machine();
    below.setValue('HKLM\\k', stringValue('v', 'machine'));
    below.flush();
    using store = user();
    store.setValue('HKLM\\k', stringValue('v', 'user'));
    expect(store.deleteValue('HKLM\\k', 'v')).toBe(true);
    store.flush();
    using again = user();
    for (const one of [store, again]) expect(one.key('HKLM\\k')?.value('v')).toEqual(stringValue('v', 'machine'));
  });
});

describe('where it is', () => {
  it.each<[number | undefined, Record<string, string>, object]>([
    [0, { HOME: '/home/joe', XDG_CONFIG_HOME: '/home/joe/.config' }, { own: SYSTEM_REGISTRY_FILE }],
    [1000, { XDG_CONFIG_HOME: '/x' }, { own: '/x/winback/registry.json', below: SYSTEM_REGISTRY_FILE }],
    [1000, { WINBACK_REGISTRY: '/r.json', XDG_CONFIG_HOME: '/x' }, { own: '/r.json' }],
    [0, { WINBACK_REGISTRY: '/r.json' }, { own: '/r.json' }],
  ])('for user %s with %j', (userId, env, files) => {
    expect(registryFilesOf(userId, env)).toEqual(files);
  });

  it('is the home folder where XDG_CONFIG_HOME says nothing of use', () => {
    expect(registryFilesOf(1000, { XDG_CONFIG_HOME: 'relative' }).own).toMatch(/^\/.*\/\.config\/winback\/registry\.json$/);
  });

  it('is registered where the system has no registry', () => {
    const container = createContainer([corePlugin]);
    expect(container.resolve(REGISTRY_STORE)).toBeInstanceOf(FileRegistryStore);
    const windows = emptyContainer();
    windows.register(PLATFORM, { useValue: { ...systemPlatform(), os: 'win32' } });
    corePlugin.register(windows, undefined);
    expect(windows.isRegistered(REGISTRY_STORE)).toBe(false);
  });
});
