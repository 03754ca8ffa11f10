import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importRegFile, joinKey, MemoryRegistryStore, RegExport, RegistryType, type RegistryStore } from '../../src/registry/index.js';

/** Hives of Windows and of others; they are not ours to publish. */
const SAMPLES = join(process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../../shared/samples'), 'hives');
const haveSamples = existsSync(join(SAMPLES, 'hivex-minimal'));
const haveHivex = spawnSync('hivexregedit', ['--help'], { stdio: 'ignore' }).error === undefined;
const missing = haveHivex ? (haveSamples ? undefined : 'no sample hives here') : 'no hivexregedit here';

const PREFIX = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Judged';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-reg-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const hivexregedit = (...args: string[]): Buffer =>
  execFileSync('hivexregedit', args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
const exportHive = (hive: string): Buffer => hivexregedit('--export', '--prefix', PREFIX, hive, '\\');

function importInto(bytes: Uint8Array): MemoryRegistryStore {
  const store = new MemoryRegistryStore();
  importRegFile(store, bytes, { prefix: PREFIX });
  return store;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** All of a store; values sorted, since other programs keep them in an order of their own. */
function dump(store: RegistryStore, path = ''): unknown[] {
  const key = store.key(path);
  if (!key) return [];
  const values = [...key.values()].map(({ name, type, data }) => [name, type, Buffer.from(data).toString('hex')] as const);
  values.sort(([a], [b]) => compare(a, b));
  return [[key.path, values], ...[...key.subkeys()].flatMap((name) => dump(store, joinKey(path, name)))];
}

/** hivexregedit reads texts as bytes. */
const isPlain = (text: string): boolean => /^[\u0020-\u007e]*$/.test(text);

/** What the other program can read: it takes each byte of a text for a character. */
function plainPart(from: RegistryStore, into = new MemoryRegistryStore(), path = ''): MemoryRegistryStore {
  const key = from.key(path);
  for (const value of key?.values() ?? []) {
    const text = Buffer.from(value.data).toString('utf16le').replaceAll('\0', '');
    if (isPlain(value.name) && (value.type !== RegistryType.SZ || isPlain(text))) into.setValue(path, value);
  }
  if (path !== '') into.createKey(path);
  for (const name of key?.subkeys() ?? []) if (isPlain(name)) plainPart(from, into, joinKey(path, name));
  return into;
}

describe(`hivexregedit and Winback${missing === undefined ? '' : ` (${missing})`}`, () => {
  const hives = ['plaso-NTUSER.DAT', 'yarp-MultiSzHive', 'yarp-StringValuesHive', 'yarp-ManySubkeysHive', 'hivex-special', 'hivex-minimal'];
  it.skipIf(missing !== undefined).each(hives)('merge what the other exports: %s', { timeout: 120_000 }, (name) => {
    const theirs = importInto(exportHive(join(SAMPLES, name)));
    const sent = plainPart(theirs);
    const ours = Buffer.concat([...new RegExport(sent, '', { prefix: PREFIX }).pieces()]);
    const [hive, file] = [join(home, 'hive'), join(home, 'file.reg')];
    copyFileSync(join(SAMPLES, 'hivex-minimal'), hive);
    chmodSync(hive, 0o600);
    writeFileSync(file, ours.toString('utf16le').replace('\ufeff', ''));
    hivexregedit('--merge', '--prefix', PREFIX, hive, file);
    expect(dump(importInto(exportHive(hive)))).toEqual(dump(sent));
  });

  it.skipIf(missing !== undefined)('agree on what is deleted', () => {
    const [hive, file] = [join(home, 'hive'), join(home, 'file.reg')];
    copyFileSync(join(SAMPLES, 'hivex-minimal'), hive);
    chmodSync(hive, 0o600);
    const store = new MemoryRegistryStore();
    const steps = [
      `[${PREFIX}\\a]\n"keep"="x"\n"drop"=dword:00000001\n@="d"\n[${PREFIX}\\a\\b]\n"v"=hex:01,02,\\\n  03\n[${PREFIX}\\c]\n[${PREFIX}\\c\\d]\n`,
      `[${PREFIX}\\A]\n"drop"=-\n@=-\n[-${PREFIX}\\c]\n[${PREFIX}\\e]\n"new"=hex(2):61,00,00,00\n`,
    ];
    for (const step of steps) {
      writeFileSync(file, `Windows Registry Editor Version 5.00\n\n${step.replaceAll('\n[', '\n\n[')}`);
      hivexregedit('--merge', '--prefix', PREFIX, hive, file);
      importRegFile(store, Buffer.from(`REGEDIT4\n${step.replace('61,00,00,00', '61,00')}`), { prefix: PREFIX });
    }
    expect(dump(importInto(exportHive(hive)))).toEqual(dump(store));
  });
});
