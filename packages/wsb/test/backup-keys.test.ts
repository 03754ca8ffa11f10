import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CancellationSwitch,
  createContainer,
  FileRegistryStore,
  HiveFile,
  MachineHives,
  multiStringValue,
  numberValue,
  readBackupSettings,
  stringValue,
} from '@winback/core';
import corePlugin from '@winback/core/plugin';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runBackup, runRecovery, type BackupSpec, type JobContext, type JobEvent, type RecoverySpec } from '../src/index.js';
import { MemoryTarget } from './support/memory-target.js';
import { BACKUP_RESTORE, CONFIG, foldersAsVolumes, installWindows, type Entries } from './support/windows-volume.js';

const MACHINE = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\BackupRestore';
const ENTRIES: Entries = {
  FilesNotToBackup: {
    'Memory Page File': ['\\Pagefile.sys'],
    'Temporary Files': ['%TEMP%\\* /s', 'no path at all'],
    'Other drive': ['C:\\kept'],
    'Internet Explorer': ['%Nothing%\\index.dat'],
    'Common store': ['\\SIS Common Store\\* /s'],
  },
  FilesNotToSnapshot: { Outlook: ['$UserProfile$\\*.ost'], Everywhere: ['$AllVolumes$\\Shadow\\* /s'] },
};
const FILES = [
  'pagefile.sys',
  'kept',
  'Windows/notepad.exe',
  'Windows/temp/a',
  'Windows/temp/deep/b',
  'SIS Common Store/1',
  'Users/joe/mail.OST',
  'Users/joe/letter',
  'shadow/x',
];

const linux = process.platform === 'linux';

describe.skipIf(!linux)(`the keys for backup and restore, in jobs${linux ? '' : ' (the portable volume needs Linux)'}`, () => {
  let folder: string;
  let volume: string;
  let out: string;
  const registryBefore = process.env['WINBACK_REGISTRY'];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'winback-keys-'));
    [volume, out] = [join(folder, 'volume'), join(folder, 'out')];
    mkdirSync(volume);
    process.env['WINBACK_REGISTRY'] = join(folder, 'registry.json');
  });
  afterEach(() => {
    if (registryBefore === undefined) delete process.env['WINBACK_REGISTRY'];
    else process.env['WINBACK_REGISTRY'] = registryBefore;
    rmSync(folder, { recursive: true, force: true });
  });

  function start(target = new MemoryTarget(false), snapshots = {}) {
    const events: JobEvent[] = [];
    const plugins = [corePlugin, target.plugin, foldersAsVolumes([volume, join(folder, 'other')], snapshots)];
    const container = createContainer(plugins);
    const context: JobContext = { container, cancellation: new CancellationSwitch(), onEvent: (event) => events.push(event) };
    const problems = () => events.filter((e) => e.type === 'problem');
    const leftOut = () => events.flatMap((e) => (e.type === 'left-out' ? [e.path.slice(volume.length + 1)] : []));
    const kept = () => (target.sets.at(-1)?.files ?? []).map((f) => f.entry.path).filter((path) => !path.startsWith('Windows/System32'));
    return { target, context, events, problems, leftOut, kept };
  }
  const spec = (more: Partial<BackupSpec> = {}): BackupSpec => ({
    include: [volume],
    exclude: [],
    target: 'mem:',
    snapshot: 'none',
    ...more,
  });
  const recovery = (more: Partial<RecoverySpec> = {}): RecoverySpec => ({
    target: 'mem:',
    version: 'latest',
    items: ['/'],
    recoveryTarget: out,
    overwrite: 'overwrite',
    ...more,
  });
  /** Puts entries into the registry of the running system. */
  function register(key: string, name: string, texts: readonly string[]): void {
    using store = new FileRegistryStore({ own: join(folder, 'registry.json') });
    store.setValue(`${MACHINE}\\${key}`, multiStringValue(name, texts));
    store.flush();
  }

  describe('FilesNotToBackup, at backup', () => {
    it('of an installed Windows leaves files out, says which entry did, and what it cannot follow', async () => {
      installWindows(volume, FILES, ENTRIES);
      const { context, problems, leftOut, kept, target } = start();
      const result = await runBackup(context, spec());
      expect(leftOut().sort()).toEqual(['SIS Common Store/1', 'Windows/temp/a', 'Windows/temp/deep', 'pagefile.sys']);
      expect(kept()).toEqual(expect.arrayContaining(['kept', 'Windows/notepad.exe', 'Windows/temp', 'Users/joe/mail.OST', 'shadow/x']));
      expect(kept()).not.toContain('pagefile.sys');
      expect(result).toMatchObject({ outcome: 'done', problemCount: 0, excluded: 0, leftOut: { known: 6 } });
      const registry = join(volume, CONFIG, 'SYSTEM');
      expect(result.leftOut.entries).toEqual([
        expect.objectContaining({ name: 'Memory Page File', text: '\\Pagefile.sys', count: 1, paths: [join(volume, 'pagefile.sys')] }),
        expect.objectContaining({ name: 'Common store', count: 1 }),
        expect.objectContaining({ name: 'Temporary Files', text: '%TEMP%\\* /s', count: 2, registry, key: 'FilesNotToBackup' }),
      ]);
      expect(problems().map(({ effect, message }) => [effect, message.replace(/^FilesNotToBackup, /, '')])).toEqual([
        ['note', expect.stringContaining('Temporary Files: no path at all is no path')],
        ['note', expect.stringContaining('%Nothing% is not set')],
      ]);
      expect(target.sets[0]?.catalog.leftOut).toEqual(result.leftOut.entries);
    });

    it('is told by --what-if, one file after the other, and nothing is written', async () => {
      installWindows(volume, FILES, ENTRIES);
      const { context, leftOut, events, target } = start();
      const result = await runBackup(context, spec({ whatIf: true }));
      expect(leftOut()).toHaveLength(4);
      expect(events.find((e) => e.type === 'left-out')).toMatchObject({ key: 'FilesNotToBackup', name: expect.any(String) as string });
      const planned = events.flatMap((e) => (e.type === 'items' ? e.items.map((i) => i.path) : []));
      expect(planned).toContain(join(volume, 'kept'));
      expect(planned).not.toContain(join(volume, 'pagefile.sys'));
      expect(result.leftOut.entries.reduce((sum, { count }) => sum + count, 0)).toBe(4);
      expect(target.sets).toEqual([]);
    });

    it('of the running system holds for its volumes', async () => {
      mkdirSync(join(volume, 'cache/deep'), { recursive: true });
      for (const name of ['cache/a', 'cache/deep/b', 'Thumbs.db', 'note']) writeFileSync(join(volume, name), name);
      register('FilesNotToBackup', 'Cache', [`${volume}/cache/* /s`, '\\thumbs.DB /s']);
      const { context, kept } = start();
      expect(await runBackup(context, spec())).toMatchObject({ leftOut: { known: 2, entries: [{ name: 'Cache' }, { name: 'Cache' }] } });
      expect(kept()).toEqual(['', 'note', 'cache']);
    });

    it('of the running system is counted once, however many volumes there are', async () => {
      const other = join(folder, 'other');
      mkdirSync(other);
      for (const root of [volume, other]) writeFileSync(join(root, 'Thumbs.db'), '');
      register('FilesNotToBackup', 'Windows', ['\\thumbs.DB /s', 'no path']);
      const { context, problems } = start();
      const result = await runBackup(context, spec({ include: [volume, other] }));
      expect(result.leftOut).toMatchObject({ known: 2, entries: [{ count: 2 }] });
      expect(problems()).toHaveLength(1);
    });

    it('gives way to whoever asks for a file or a folder by its name', async () => {
      installWindows(volume, FILES, ENTRIES);
      const { context, kept, leftOut } = start();
      const include = ['pagefile.sys', 'Windows/temp', 'SIS Common Store/1'].map((path) => join(volume, path));
      await runBackup(context, spec({ include }));
      expect(leftOut()).toEqual([]);
      expect(kept()).toEqual(expect.arrayContaining(['pagefile.sys', 'Windows/temp/deep/b', 'SIS Common Store/1']));
    });

    it('is not followed on request', async () => {
      installWindows(volume, FILES, ENTRIES);
      const { context, kept, problems } = start();
      expect(await runBackup(context, spec({ backupKeys: 'ignore' }))).toMatchObject({ leftOut: { entries: [], known: 0 } });
      expect(kept()).toEqual(expect.arrayContaining(FILES));
      expect(problems()).toEqual([]);
    });

    it('leaves nothing out where the hive is damaged, which is noted', async () => {
      installWindows(volume, FILES, ENTRIES);
      const hive = join(volume, CONFIG, 'SYSTEM');
      writeFileSync(hive, readFileSync(hive).fill(0xff, 0x1000 + 0x20, 0x1000 + 0x40));
      const { context, kept, problems } = start();
      expect(await runBackup(context, spec())).toMatchObject({ outcome: 'done', leftOut: { entries: [] } });
      expect(kept()).toEqual(expect.arrayContaining(FILES));
      expect(problems()).toMatchObject([{ effect: 'note', code: 'REGISTRY_DAMAGED' }]);
    });

    it('takes no memory for variables that repeat themselves: their entries are ignored', async () => {
      installWindows(volume, FILES, { FilesNotToBackup: { Bomb: ['%A%\\* /s', '%B%\\* /s', '\\kept'] } });
      {
        using hive = HiveFile.open(join(volume, CONFIG, 'SYSTEM'), { mode: 'write' });
        const variables = 'ControlSet001\\Control\\Session Manager\\Environment';
        hive.setValue(variables, stringValue('A', '%A%'.repeat(1500)));
        hive.setValue(variables, stringValue('B', '%C%'.repeat(1000)));
        hive.setValue(variables, stringValue('C', '%B%%B%'));
        hive.flush();
      }
      const { context, leftOut, problems } = start();
      expect(await runBackup(context, spec())).toMatchObject({ outcome: 'done' });
      expect(leftOut()).toEqual(['kept']);
      expect(problems().map(({ message }) => /%[AB]% is not set/.test(message))).toEqual([true, true]);
    });

    it('asked for by its name, a folder that thousands of entries name is looked at once for each', async () => {
      installWindows(volume, FILES, { FilesNotToBackup: { Many: Array.from({ length: 10_000 }, () => '\\Windows\\temp\\* /s') } });
      const { context, leftOut, kept } = start();
      await runBackup(context, spec({ include: [join(volume, 'Windows/temp')] }));
      expect(leftOut()).toEqual([]);
      expect(kept()).toContain('Windows/temp/deep/b');
    });

    it('of a hive whose last write was not finished is followed as it stands, which is noted', async () => {
      installWindows(volume, FILES, ENTRIES);
      const hive = join(volume, CONFIG, 'SYSTEM');
      const bytes = readFileSync(hive);
      bytes.writeUInt32LE(bytes.readUInt32LE(4) + 1, 4); // its first sequence number
      let sum = 0;
      for (let at = 0; at < 508; at += 4) sum = (sum ^ bytes.readUInt32LE(at)) >>> 0;
      bytes.writeUInt32LE(sum, 508);
      writeFileSync(hive, bytes);
      const { context, leftOut, problems } = start();
      expect(await runBackup(context, spec())).toMatchObject({ outcome: 'done' });
      expect(leftOut()).toContain('pagefile.sys');
      expect(problems()[0]).toMatchObject({ effect: 'note', message: expect.stringContaining('was not finished') as string });
    });

    it('is looked for whatever the case of names, and not behind links', async () => {
      installWindows(volume, ['pagefile.sys'], ENTRIES, 'WINNT/system32/CONFIG');
      // Names that differ in case alone are different folders here, and files.
      mkdirSync(join(volume, 'WINNT/System32'));
      writeFileSync(join(volume, 'Windows'), '');
      const { context, leftOut } = start();
      await runBackup(context, spec());
      expect(leftOut()).toEqual(['pagefile.sys']);

      const other = join(folder, 'other');
      mkdirSync(other);
      writeFileSync(join(other, 'pagefile.sys'), '');
      symlinkSync(join(volume, 'WINNT'), join(other, 'Windows'));
      const second = start();
      expect(await runBackup(second.context, spec({ include: [other] }))).toMatchObject({ leftOut: { known: 0 } });
    });
  });

  describe('FilesNotToBackup, at recovery', () => {
    function blocks() {
      const target = new MemoryTarget(false);
      target.level = 'blocks';
      return start(target);
    }

    it('files are in a backup of blocks, and not recovered with their volume; the SIS common store is', async () => {
      installWindows(volume, FILES, ENTRIES);
      const { context, kept, leftOut, events } = blocks();
      expect(await runBackup(context, spec())).toMatchObject({ leftOut: { entries: [] } });
      expect(kept()).toEqual(expect.arrayContaining(FILES));

      // What counts is the registry in the version: that of the volume has changed since.
      rmSync(join(volume, CONFIG, 'SYSTEM'));
      const result = await runRecovery(context, recovery());
      expect(leftOut().sort()).toEqual(['Windows/temp/a', 'Windows/temp/deep', 'pagefile.sys']);
      const there = FILES.filter((path) => existsSync(join(out, path)));
      expect(there).toEqual(FILES.filter((path) => path !== 'pagefile.sys' && !path.startsWith('Windows/temp')));
      expect(existsSync(join(out, 'Windows/temp'))).toBe(true);
      const registry = `the SYSTEM hive of ${volume} in latest`;
      expect(result.leftOut.entries.map((e) => e.registry)).toEqual([registry, registry]);
      expect(result.outcome).toBe('done');
      expect(events.filter((e) => e.type === 'problem' && e.effect !== 'note')).toEqual([]);
    });

    it('single files of it are recovered as they were asked for', async () => {
      installWindows(volume, FILES, ENTRIES);
      const { context } = blocks();
      await runBackup(context, spec());
      const result = await runRecovery(context, recovery({ items: ['/pagefile.sys', '/Windows'] }));
      expect(result).toMatchObject({ leftOut: { entries: [] } });
      expect(['pagefile.sys', 'Windows/temp/deep/b'].filter((path) => !existsSync(join(out, path)))).toEqual([]);
    });

    it('of the running system counts for a volume without a Windows', async () => {
      for (const name of ['scratch', 'note']) writeFileSync(join(volume, name), name);
      register('FilesNotToBackup', 'Scratch', [`${volume}/scratch`]);
      const { context } = blocks();
      await runBackup(context, spec());
      expect(await runRecovery(context, recovery())).toMatchObject({ leftOut: { entries: [{ name: 'Scratch', count: 1 }] } });
      expect([existsSync(join(out, 'scratch')), existsSync(join(out, 'note'))]).toEqual([false, true]);
    });

    it('of a backup of files nothing is left out', async () => {
      installWindows(volume, FILES, ENTRIES);
      const { context } = start();
      await runBackup(context, spec({ backupKeys: 'ignore' }));
      expect(await runRecovery(context, recovery())).toMatchObject({ leftOut: { entries: [], known: 0 } });
      expect(FILES.filter((path) => !existsSync(join(out, path)))).toEqual([]);
    });
  });

  it('FilesNotToSnapshot leaves files out of what is read from a snapshot, and of nothing else', async () => {
    installWindows(volume, FILES, ENTRIES);
    const snapshot = join(folder, 'snapshot');
    cpSync(volume, snapshot, { recursive: true });
    const { context, leftOut, kept } = start(new MemoryTarget(false), { [volume]: snapshot });
    const result = await runBackup(context, spec({ snapshot: 'required' }));
    expect(leftOut()).toEqual(expect.arrayContaining(['Users/joe/mail.OST', 'shadow/x', 'pagefile.sys']));
    expect(kept()).toEqual(expect.arrayContaining(['Users/joe/letter', 'shadow']));
    expect(result.leftOut.entries.filter((e) => e.key === 'FilesNotToSnapshot').map((e) => e.name)).toEqual(['Outlook', 'Everywhere']);

    const planned = start(new MemoryTarget(false), { [volume]: snapshot });
    await runBackup(planned.context, spec({ snapshot: 'auto', whatIf: true }));
    expect(planned.leftOut().sort()).toEqual(leftOut().sort());

    {
      using hive = HiveFile.open(join(snapshot, CONFIG, 'SYSTEM'), { mode: 'write' });
      hive.setValue('ControlSet001\\Services\\VSS\\Settings', numberValue('DisableUserProfileExpansion', 1));
      hive.flush();
    }
    const disabled = start(new MemoryTarget(false), { [volume]: snapshot });
    await runBackup(disabled.context, spec({ snapshot: 'required' }));
    expect(disabled.leftOut()).toContain('shadow/x');
    expect(disabled.leftOut()).not.toContain('Users/joe/mail.OST');
  });

  describe('when a SYSTEM hive is recovered', () => {
    const SERVICES = 'ControlSet001\\Services';
    const KEYS: Entries = {
      KeysNotToRestore: {
        'Mount Manager': ['MountedDevices\\'],
        Fault: ['CurrentControlSet\\Control\\Session Manager\\PendingFileRenameOperations'],
        Services: ['CurrentControlSet\\Services\\*'],
        Absent: ['CurrentControlSet\\Control\\Nothing\\'],
        Nonsense: ['HKEY_LOCAL_MACHINE\\SOFTWARE\\x\\'],
      },
    };
    const hiveOf = (root: string) => join(root, CONFIG, 'SYSTEM');
    function change(root: string, work: (hive: ReturnType<typeof HiveFile.open>) => void): void {
      using hive = HiveFile.open(hiveOf(root), { mode: 'write' });
      work(hive);
      hive.flush();
    }
    const lastRestoreId = (root: string): string | undefined => {
      using hive = HiveFile.open(hiveOf(root));
      return readBackupSettings(hive, new MachineHives(hive)).lastRestoreId.value;
    };

    /** A backup of the old state, and a Windows in `out` that has lived on since. */
    async function prepared() {
      installWindows(volume, ['Windows/notepad.exe'], KEYS);
      symlinkSync(join(folder, 'elsewhere'), join(volume, 'zz'));
      change(volume, (hive) => {
        hive.setValue('MountedDevices', stringValue('\\DosDevices\\C:', 'old'));
        hive.setValue(`${SERVICES}\\both`, numberValue('Start', 3));
        hive.setValue('ControlSet001\\Control\\Other', stringValue('state', 'old'));
        hive.setValue(`${BACKUP_RESTORE}\\SystemStateRestore`, stringValue('LastRestoreId', 'before'));
      });
      const { context, problems, target } = start();
      await runBackup(context, spec());
      cpSync(volume, out, { recursive: true });
      change(out, (hive) => {
        hive.setValue('MountedDevices', stringValue('\\DosDevices\\C:', 'new'));
        hive.setValue('MountedDevices', stringValue('\\DosDevices\\E:', 'added'));
        hive.setValue('ControlSet001\\Control\\Session Manager', multiStringValue('PendingFileRenameOperations', ['\\??\\C:\\x']));
        hive.setValue(`${SERVICES}\\both`, numberValue('Start', 0));
        hive.setValue(`${SERVICES}\\installed`, numberValue('Start', 2));
        hive.setValue('ControlSet001\\Control\\Other', stringValue('state', 'new'));
      });
      return { context, problems, target };
    }
    const text = (hive: ReturnType<typeof HiveFile.open>, key: string, name: string): string =>
      Buffer.from(hive.key(key)?.value(name)?.data ?? [])
        .toString('utf16le')
        .replace(/\0+$/, '');
    const ITEMS = ['/Windows/System32/config'];

    it('what KeysNotToRestore names stays, the rest is as it was, and LastRestoreId is new', async () => {
      const { context, problems } = await prepared();
      const result = await runRecovery(context, recovery({ items: ITEMS }));
      expect(result.outcome).toBe('done');
      expect(result.hives).toMatchObject([
        {
          path: hiveOf(out),
          entries: 5,
          kept: [
            { name: 'Mount Manager', keys: ['MountedDevices'] },
            { name: 'Fault', keys: ['ControlSet001\\Control\\Session Manager\\PendingFileRenameOperations'] },
            { name: 'Services', keys: [`${SERVICES}\\both\\Start`, `${SERVICES}\\installed`] },
          ],
        },
      ]);
      expect(problems()).toMatchObject([{ effect: 'note', code: 'REGISTRY_VALUE' }]);
      using hive = HiveFile.open(hiveOf(out));
      expect(text(hive, 'MountedDevices', '\\DosDevices\\C:')).toBe('new');
      expect(text(hive, 'MountedDevices', '\\DosDevices\\E:')).toBe('added');
      expect(text(hive, 'ControlSet001\\Control\\Other', 'state')).toBe('old');
      expect(text(hive, 'ControlSet001\\Control\\Session Manager', 'PendingFileRenameOperations')).toContain('C:\\x');
      expect(hive.key(`${SERVICES}\\both`)?.value('Start')?.data[0]).toBe(0);
      expect(hive.key(`${SERVICES}\\installed`)).toBeDefined();
      expect(lastRestoreId(out)).toBe(result.hives[0]?.lastRestoreId);
      expect(lastRestoreId(out)).not.toBe('before');
    });

    it('LastRestoreId stays when the whole volume is', async () => {
      const { context } = await prepared();
      const result = await runRecovery(context, recovery());
      expect(result.hives).toMatchObject([{ lastRestoreId: undefined }]);
      expect(lastRestoreId(out)).toBe('before');
      using hive = HiveFile.open(hiveOf(out));
      expect(text(hive, 'MountedDevices', '\\DosDevices\\C:')).toBe('new');
    });

    it('two recoveries have two ids', async () => {
      const { context } = await prepared();
      const ids = [];
      for (let i = 0; i < 2; i++) ids.push((await runRecovery(context, recovery({ items: ITEMS }))).hives[0]?.lastRestoreId);
      expect(new Set(ids).size).toBe(2);
    });

    it.each(['create-copy', 'skip'] as const)('nothing is touched with %s', async (overwrite) => {
      const { context } = await prepared();
      const before = readFileSync(hiveOf(out));
      expect(await runRecovery(context, recovery({ items: ITEMS, overwrite }))).toMatchObject({ hives: [] });
      expect(readFileSync(hiveOf(out))).toEqual(before);
    });

    it('where none was before it is what it is in the backup', async () => {
      const { context } = await prepared();
      rmSync(hiveOf(out));
      expect(await runRecovery(context, recovery({ items: ITEMS }))).toMatchObject({ hives: [], outcome: 'done' });
      expect(readFileSync(hiveOf(out))).toEqual(readFileSync(hiveOf(volume)));
    });

    it('is recovered all the same where the one before is no hive, which is a problem', async () => {
      const { context, problems } = await prepared();
      writeFileSync(hiveOf(out), 'nonsense');
      expect(await runRecovery(context, recovery({ items: ITEMS }))).toMatchObject({ hives: [], outcome: 'with-problems' });
      expect(problems()).toMatchObject([{ effect: 'incomplete', message: expect.stringContaining('KeysNotToRestore') as string }]);
      expect(readFileSync(hiveOf(out))).toEqual(readFileSync(hiveOf(volume)));
    });

    it('stays as it is where it cannot be copied first', async () => {
      const { context, problems } = await prepared();
      const before = readFileSync(hiveOf(out));
      const temporary = process.env['TMPDIR'];
      process.env['TMPDIR'] = join(folder, 'missing');
      try {
        expect(await runRecovery(context, recovery({ items: ITEMS }))).toMatchObject({ hives: [], outcome: 'with-problems' });
      } finally {
        if (temporary === undefined) delete process.env['TMPDIR'];
        else process.env['TMPDIR'] = temporary;
      }
      expect(problems()).toMatchObject([{ effect: 'skipped', code: 'RECOVERY_IO', message: expect.stringContaining('TMPDIR') as string }]);
      expect(readFileSync(hiveOf(out))).toEqual(before);
    });

    it('is found in a folder whose name is no UTF-8', async () => {
      const { context } = await prepared();
      renameSync(out, Buffer.concat([Buffer.from(`${folder}/o`), Buffer.of(0xff)]));
      const result = await runRecovery(context, recovery({ items: ITEMS, recoveryTarget: join(folder, 'o\udcff') }));
      expect(result.hives).toMatchObject([{ kept: [{ name: 'Mount Manager' }, { name: 'Fault' }, { name: 'Services' }] }]);
    });

    it('a link that the backup puts in its place later is not followed', async () => {
      const { context, problems, target } = await prepared();
      const elsewhere = join(folder, 'elsewhere');
      copyFileSync(hiveOf(out), elsewhere);
      const before = readFileSync(elsewhere);
      const files = target.sets[0]?.files ?? [];
      const [link] = files.splice(
        files.findIndex(({ entry }) => entry.path === 'zz'),
        1,
      );
      if (link) files.push({ ...link, entry: { ...link.entry, path: `${CONFIG}/SYSTEM` } });
      expect(await runRecovery(context, recovery())).toMatchObject({ hives: [], outcome: 'with-problems' });
      expect(problems().map(({ message }) => message)).toContainEqual(expect.stringContaining('a link has taken its place'));
      expect(readFileSync(elsewhere)).toEqual(before);
    });

    it('one that is a link is not followed', async () => {
      const { context } = await prepared();
      const elsewhere = join(folder, 'elsewhere');
      copyFileSync(hiveOf(out), elsewhere);
      const before = readFileSync(elsewhere);
      rmSync(hiveOf(out));
      symlinkSync(elsewhere, hiveOf(out));
      await runRecovery(context, recovery({ items: ITEMS }));
      expect(readFileSync(elsewhere)).toEqual(before);
    });
  });
});
