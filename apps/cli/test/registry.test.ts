import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HiveFile, multiStringValue, numberValue, stringValue, systemPlatform } from '@winback/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { testIo, winback } from './test-io.js';

const isWindows = systemPlatform().os === 'win32';
const KEY = 'HKLM\\SOFTWARE\\Winback';
const FULL = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Winback';
const SETTINGS = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\VSS\\Settings';

let home: string;
let before: string | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-registry-'));
  before = process.env['WINBACK_REGISTRY'];
  process.env['WINBACK_REGISTRY'] = join(home, 'registry.json');
});
afterEach(() => {
  if (before === undefined) delete process.env['WINBACK_REGISTRY'];
  else process.env['WINBACK_REGISTRY'] = before;
  rmSync(home, { recursive: true, force: true });
});

const at = (name: string): string => join(home, name);
const run = (...argv: string[]): ReturnType<typeof winback> => winback(home, 'registry', ...argv);

async function done(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}
const json = async (...argv: string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await done(...argv, '--json')) as Record<string, unknown>;

function makeHive(name: string): string {
  using hive = HiveFile.create(at(name));
  hive.setValue('Select', numberValue('Current', 2));
  hive.setValue('ControlSet002\\Services\\VSS\\Settings', numberValue('MaxShadowCopies', 700));
  hive.setValue('ControlSet002\\Control\\BackupRestore\\FilesNotToBackup', multiStringValue('Memory Page File', ['\\Pagefile.sys']));
  hive.flush();
  return at(name);
}

describe.skipIf(isWindows)('the registry of a system without one (needs such a system)', () => {
  it('takes values of every type and gives them back', async () => {
    expect(await done('set', KEY, 'Text', 'REG_SZ', 'ünï "x"')).toBe(`${FULL}: Text is REG_SZ ünï "x"\n`);
    await done('set', KEY, 'Multi', 'multi_sz', 'one', 'two three');
    await done('set', KEY, 'Number', 'REG_DWORD', '0x2a');
    await done('set', KEY, 'Large', 'qword', '18446744073709551615');
    await done('set', KEY, 'Bytes', 'REG_BINARY', '00', '01,ff');
    await done('set', KEY, 'Odd', 'REG_TYPE_0x1234', 'ab');
    await done('set', KEY, '@', 'REG_EXPAND_SZ', '%windir%');
    await done('set', `${KEY}\\Sub`, 'None', 'REG_NONE');
    expect(await done('list', 'hklm\\software\\WINBACK')).toBe(`${FULL}
  key    Sub
  value  Text       REG_SZ           ünï "x"
  value  Multi      REG_MULTI_SZ     "one" "two three"
  value  Number     REG_DWORD        42 (0x2a)
  value  Large      REG_QWORD        18446744073709551615 (0xffffffffffffffff)
  value  Bytes      REG_BINARY       00 01 ff
  value  Odd        REG_TYPE_0x1234  ab
  value  (Default)  REG_EXPAND_SZ    %windir%
`);
    expect(await done('get', KEY, 'number')).toBe('Number  REG_DWORD  42 (0x2a)\n');
    expect(await done('get', KEY, '@')).toBe('(Default)  REG_EXPAND_SZ  %windir%\n');
    expect(await json('get', KEY, 'Multi')).toEqual({
      path: FULL,
      name: 'Multi',
      type: 'REG_MULTI_SZ',
      data: ['one', 'two three'],
      hex: Buffer.from('one\0two three\0\0', 'utf16le').toString('hex'),
      problems: [],
    });
    expect(await json('list', KEY)).toMatchObject({ path: FULL, keys: ['Sub'], values: { length: 7 } });
    expect(statSync(at('registry.json')).mode & 0o777).toBe(0o600);
  });

  it('deletes without asking, and says what', async () => {
    await done('set', `${KEY}\\a\\b`, 'v', 'sz', 'x');
    await done('set', `${KEY}\\a`, 'w', 'sz', 'x');
    await done('set', `${KEY}\\a`, 'gone', 'sz', 'x');
    expect(await done('delete', `${KEY}\\a`, 'GONE')).toBe(`Deleted the value GONE of ${FULL}\\a.\n`);
    expect(await done('delete', `${KEY}\\A`)).toBe(`Deleted ${FULL}\\a, with 1 key below it and 2 values.\n`);
    expect((await run('list', `${KEY}\\a`)).code).toBe(1);
  });

  it.each<[argv: string[], code: number, message: string]>([
    [['get', 'HKLM\\none'], 1, 'HKLM\\none is not in '],
    [['get', KEY, 'none'], 1, `${FULL} has no value "none"`],
    [['delete', KEY, 'none'], 1, `${FULL} has no value "none"`],
    [['delete', 'HKLM\\none'], 1, 'HKLM\\none is not in '],
    [['set', 'SYSTEM\\x', 'v', 'REG_SZ', 'x'], 1, 'does not begin with a root key'],
    [['set', `${KEY}\\\\x`, 'v', 'REG_SZ', 'x'], 1, 'a name in it is empty'],
    [['set', KEY, 'v', 'REG_ODD', 'x'], 2, 'REG_ODD is no type'],
    [['set', KEY, 'v', 'REG_SZ'], 2, 'REG_SZ takes one piece of data, and 0 were given'],
    [['set', KEY, 'v', 'REG_SZ', 'two', 'words'], 2, 'and 2 were given'],
    [['set', KEY, 'v', 'REG_DWORD', '4294967296'], 2, 'is no number for REG_DWORD'],
    [['set', KEY, 'v', 'REG_DWORD', '1x'], 2, 'is no number for REG_DWORD'],
    [['set', KEY, 'v', 'REG_BINARY', '123'], 2, 'is not bytes for REG_BINARY'],
    [['set', KEY, 'v', 'REG_MULTI_SZ', ''], 2, 'a string of REG_MULTI_SZ is empty'],
    [['export', KEY, '--prefix', 'HKLM', '--output', 'x.reg'], 2, '--prefix is the place of a hive'],
    [['export', KEY, '--json'], 2, 'a .reg file is UTF-16'],
    [['export', 'HKLM\\none', '--output', 'x.reg'], 1, 'HKLM\\none is not in '],
    [['import', 'none.reg'], 1, 'no such file'],
    [['list', '--hive', 'none'], 1, 'none'],
  ])('%j ends with %d', async (argv, code, message) => {
    await done('set', KEY, 'there', 'sz', 'x');
    const result = await run(...argv);
    expect(result.stderr).toContain(message);
    expect({ code: result.code, stdout: argv.includes('--json') ? '' : result.stdout }).toEqual({ code, stdout: '' });
    expect(existsSync(at('x.reg'))).toBe(false);
    expect(await json('list', KEY)).toMatchObject({ keys: [], values: [{ name: 'there' }] });
  });

  it('writes and reads .reg files', async () => {
    await done('set', KEY, 'v', 'sz', 'ünï');
    await done('set', `${KEY}\\Sub`, 'n', 'dword', '1');
    expect(await done('export', KEY, '--output', 'file.reg')).toBe(`Wrote 2 keys and 2 values to ${at('file.reg')}\n`);
    const io = testIo(home);
    expect(await main(['registry', 'export', KEY], io)).toBe(0);
    expect(Buffer.concat(io.stdout.bytes)).toEqual(readFileSync(at('file.reg')));
    await done('delete', KEY);
    expect(await done('import', 'file.reg')).toBe(`Imported 2 keys and 2 values from ${at('file.reg')}.\n`);
    expect(await done('get', KEY, 'v')).toContain('ünï');
    writeFileSync(at('delete.reg'), `REGEDIT4\n[-${KEY}\\Sub]\n[${KEY}]\n"v"=-\n"new"="x"\n`);
    expect(await json('import', 'delete.reg')).toMatchObject({ keys: 1, values: 1, deletedKeys: 1, deletedValues: 1 });
    expect(await json('list', KEY)).toMatchObject({ keys: [], values: [{ name: 'new' }] });
  });

  it('exports nothing where there is nothing, and says so', async () => {
    expect(await done('export', '--output', 'nothing.reg')).toContain('Wrote 0 keys and 0 values');
  });

  it('imports nothing of a file that makes no sense', async () => {
    writeFileSync(at('bad.reg'), `REGEDIT4\n[${KEY}]\n"v"="x"\nrubbish\n`);
    const { code, stderr } = await run('import', 'bad.reg');
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('.reg file, line 4 at byte 0x') as string });
    expect(existsSync(at('registry.json'))).toBe(false);
  });

  it('tells where its file makes no sense, and leaves it alone', async () => {
    writeFileSync(at('registry.json'), '{\n  "format": ]');
    for (const argv of [['list', 'HKLM'], ['set', KEY, 'v', 'sz', 'x'], ['backup-keys']]) {
      const { code, stderr } = await run(...argv);
      expect({ code, stderr }).toEqual({
        code: expect.any(Number) as number,
        stderr: expect.stringContaining('registry.json:2:13') as string,
      });
      expect(code).not.toBe(0);
    }
    expect(readFileSync(at('registry.json'), 'utf8')).toBe('{\n  "format": ]');
  });

  it('explains the keys for backup and restore', async () => {
    await done('set', SETTINGS, 'MaxShadowCopies', 'dword', '12');
    await done('set', 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\BackupRestore\\FilesNotToBackup', 'Caches', 'multi_sz', '/var/cache/* /s');
    const text = await done('backup-keys');
    expect(text).toContain(`MaxShadowCopies (set)
  HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\VSS\\Settings\\MaxShadowCopies
  Each volume keeps up to 12 client-accessible shadow copies; others up to 512.
`);
    expect(text).toContain('  Backup programs leave these out, of backups and of recoveries:\n    /var/cache/* /s  (Caches)\n');
    expect(text).toContain('SYSVOL (not set)\n');
    const { keys } = (await json('backup-keys')) as { keys: { name: string; value: unknown; source: string }[] };
    expect(keys).toHaveLength(13);
    expect(keys.find(({ name }) => name === 'MaxShadowCopies')).toMatchObject({ value: 12, source: 'registry' });
    expect(keys.find(({ name }) => name === 'IdleTimeout')).toMatchObject({ value: 180, source: 'default' });
  });
});

describe('a hive file', () => {
  it('is listed, changed and flushed once for each command', async () => {
    makeHive('SYSTEM');
    expect(await done('list', '--hive', 'SYSTEM')).toBe('\\\n  key  ControlSet002\n  key  Select\n');
    expect(await done('get', '\\Select', 'Current', '--hive', 'SYSTEM')).toBe('Current  REG_DWORD  2 (0x2)\n');
    await done('set', 'New\\Key', 'v', 'sz', 'x', '--hive', 'SYSTEM');
    await done('delete', 'ControlSet002', '--hive', 'SYSTEM');
    using hive = HiveFile.open(at('SYSTEM'));
    expect([...(hive.key('')?.subkeys() ?? [])]).toEqual(['New', 'Select']);
    expect(hive.key('New\\Key')?.value('v')).toEqual(stringValue('v', 'x'));
  });

  it('says what its keys for backup and restore are, in the control set that it would start with', async () => {
    makeHive('SYSTEM');
    const { code, stdout, stderr } = await run('backup-keys', '--hive', 'SYSTEM');
    expect(code).toBe(0);
    expect(stderr).toBe('note: ControlSet002\\Services\\VSS\\Settings\\MaxShadowCopies is 700 [REGISTRY_VALUE]\n');
    expect(stdout).toContain('  ControlSet002\\Services\\VSS\\Settings\\MaxShadowCopies\n  Each volume keeps up to 64 ');
    expect(stdout).toContain('\\Pagefile.sys  (Memory Page File)');
    expect(stdout).not.toContain('DisableMonitoring');
  });

  it('goes into .reg files and out of them, with a prefix and without', async () => {
    makeHive('SYSTEM');
    using empty = HiveFile.create(at('copy'));
    empty.flush();
    await done('export', '--hive', 'SYSTEM', '--prefix', 'HKLM\\SYSTEM\\', '--output', 'with.reg');
    await done('export', '--hive', 'SYSTEM', '--output', 'without.reg');
    expect(readFileSync(at('with.reg'), 'utf16le')).toContain('[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]');
    expect(readFileSync(at('without.reg'), 'utf16le')).toContain('[\\Select]');
    await done('import', 'without.reg', '--hive', 'copy');
    await done('export', '--hive', 'copy', '--prefix', 'HKLM\\SYSTEM', '--output', 'copy.reg');
    expect(readFileSync(at('copy.reg'), 'utf16le')).toBe(readFileSync(at('with.reg'), 'utf16le'));
    const { code, stderr } = await run('import', 'with.reg', '--hive', 'copy');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('begins with a root key, and a hive has none') as string });
    await done('import', 'with.reg', '--hive', 'copy', '--prefix', 'HKEY_LOCAL_MACHINE\\system');
  });

  it('that is none is damaged data', async () => {
    writeFileSync(at('x'), 'no hive');
    expect(await run('list', '--hive', 'x')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining(`${at('x')}: regf at byte 0x0`) as string,
    });
  });
});

describe('hive files', () => {
  it('are made, and checked', async () => {
    expect(await done('hive', 'create', 'new.hiv')).toContain('nothing in it');
    expect(await json('hive', 'check', 'new.hiv')).toMatchObject({ keys: 1, values: 0, replayed: 0, notes: [], problems: [] });
    expect((await run('hive', 'create', 'new.hiv')).code).toBe(1);
    makeHive('system');
    expect(await done('hive', 'check', 'system')).toMatch(/: 9 keys, 3 values, \d+ bytes of data\.\n$/);
  });

  it('that are damaged are checked as far as they can be read', async () => {
    const bytes = readFileSync(makeHive('system'));
    const at = bytes.indexOf('MaxShadowCopies') - 0x14; // its value cell: the signature goes
    writeFileSync(join(home, 'damaged'), bytes.fill(0, at, at + 2));
    const { code, stdout, stderr } = await run('hive', 'check', 'damaged');
    expect(code).toBe(5);
    expect(stdout).toContain('9 keys, 2 values');
    expect(stderr).toContain('ControlSet002\\Services\\VSS\\Settings');
    const exported = await run('export', '--hive', 'damaged', '--output', 'damaged.reg');
    expect(exported).toMatchObject({ code: 5, stdout: expect.stringContaining('9 keys and 2 values') as string });
    expect(exported.stderr).toMatch(/^incomplete: ControlSet002\\Services\\VSS\\Settings in .* is damaged/);
    expect(exported.stderr).not.toContain('left out');
    expect((await run('hive', 'check', 'missing')).code).toBe(1);
    writeFileSync(join(home, 'text'), 'no hive');
    expect((await run('hive', 'check', 'text')).code).toBe(5);
  });

  it('are recovered to another file, and stay as they are where nothing is to do', async () => {
    makeHive('system');
    const bytes = readFileSync(join(home, 'system'));
    expect(await json('hive', 'recover', 'system', '--output', 'copy')).toMatchObject({ replayed: 0 });
    expect(readFileSync(join(home, 'copy'))).toEqual(bytes);
    expect(await done('hive', 'recover', 'system')).toContain('nothing was to do');
    bytes.writeUInt32LE(bytes.readUInt32LE(4) + 1, 4); // the first sequence number: a write that was not finished
    writeFileSync(at('dirty'), bytes);
    const { code, stdout, stderr } = await run('hive', 'recover', 'dirty');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('nothing could be done') as string });
    expect(stderr).toMatch(/^note: .*no log was used/m);
  });

  it('of SYSTEM are restored with the keys that are not to be restored', async () => {
    const [backup, live] = [makeHive('backup'), makeHive('live')];
    {
      using hive = HiveFile.open(live, { mode: 'write' });
      hive.setValue('ControlSet002\\Control\\BackupRestore\\KeysNotToRestore', multiStringValue('Mount Manager', ['MountedDevices\\']));
      hive.setValue('MountedDevices', stringValue('\\DosDevices\\E:', 'now'));
      hive.setValue('Gone', stringValue('x', 'y'));
      hive.flush();
    }
    const result = await json('hive', 'restore', backup, live);
    expect(result).toMatchObject({ entries: 1, kept: [{ name: 'Mount Manager', text: 'MountedDevices\\', keys: ['MountedDevices'] }] });
    using hive = HiveFile.open(live);
    expect([hive.key('MountedDevices')?.value('\\DosDevices\\E:'), hive.key('Gone')].map(Boolean)).toEqual([true, false]);
    const shown = (await run('backup-keys', '--hive', live, '--json')).stdout;
    const { keys } = JSON.parse(shown) as { keys: { name: string; value: unknown }[] };
    expect(keys.find(({ name }) => name === 'LastRestoreId')?.value).toBe(result['lastRestoreId']);

    await done('hive', 'create', 'other');
    const refused = await run('hive', 'restore', 'other', 'live');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('is a SYSTEM hive') as string });
    await done('hive', 'create', 'third');
    expect(await done('hive', 'restore', 'other', 'third')).toContain('KeysNotToRestore has no say in it');
  });

  it('that cannot be restored leave the one that is there alone', async () => {
    const live = makeHive('live');
    const before = readFileSync(live);
    writeFileSync(join(home, 'text'), 'no hive');
    expect((await run('hive', 'restore', 'text', 'live')).code).toBe(5);
    expect((await run('hive', 'restore', 'missing', 'live')).code).toBe(1);
    const temporary = process.env['TMPDIR'];
    process.env['TMPDIR'] = join(home, 'nowhere');
    const { code, stderr } = await run('hive', 'restore', makeHive('backup'), 'live');
    if (temporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporary;
    if (!isWindows) expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^winback: no temporary folder/) as string });
    expect(readFileSync(live)).toEqual(before);
  });

  it('are restored over one that cannot be read, and where none is', async () => {
    const backup = makeHive('backup');
    writeFileSync(join(home, 'broken'), 'no hive');
    const { code, stderr } = await run('hive', 'restore', backup, 'broken');
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('nothing was kept of it') as string });
    expect(readFileSync(join(home, 'broken'))).toEqual(readFileSync(backup));
    expect(await done('hive', 'restore', backup, 'new')).toContain('nothing was kept');
    expect(readFileSync(join(home, 'new'))).toEqual(readFileSync(backup));
  });
});
