import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilesNotToBackup, parseFilesNotToSnapshot, PathMatcher, type BackupKeyEntry } from '../../../src/registry/index.js';

/** What Microsoft's pages list for Windows 2000 to Windows Server 2008, and what is often found beside it. */
const WINDOWS_SERVER: readonly BackupKeyEntry[] = [
  { name: 'Internet Explorer', text: 'Temporary Files' }, // no path: the page itself has it so
  { name: 'Memory Page File', text: '\\Pagefile.sys' },
  { name: 'MS Distributed Transaction Coordinator', text: 'C:\\Windows\\system32\\MSDtc\\MSDTC.LOG' },
  { name: 'MS Distributed Transaction Coordinator', text: 'C:\\Windows\\system32\\MSDtc\\trace\\dtctrace.log' },
  { name: 'Offline Files Cache', text: '%Systemroot%\\CSC\\* /s' },
  { name: 'Power Management', text: '\\hiberfil.sys' },
  { name: 'Single Instance Storage', text: '\\SIS Common Store\\*.* /s' },
  { name: 'Temporary Files', text: '%TEMP%\\* /s' },
  { name: 'ComPlus', text: '%SystemRoot%\\Registration\\*.crmlog /s' },
  { name: 'IE history', text: '%UserProfile%\\index.dat /s' },
  { name: 'NtFrs', text: '%systemroot%\\ntfrs\\jet\\* /s' },
  { name: 'NtFrs', text: '%SystemRoot%\\debug\\NtFrs*' },
  { name: 'NtFrs', text: '%systemroot%\\sysvol\\staging\\domain\\NTFRS_*' },
  { name: 'Kernel Dumps', text: '%windir%\\memory.dmp' },
  { name: 'Volume information', text: '\\System Volume Information\\* /s' },
];
const ENVIRONMENT = {
  SystemRoot: 'C:\\Windows',
  windir: 'C:\\WINDOWS',
  TEMP: 'C:\\Users\\joe\\AppData\\Local\\Temp',
  USERPROFILE: 'C:\\Users\\joe',
};

describe('variables that repeat themselves', () => {
  it('make an entry a warning, and take neither memory nor time', () => {
    const environment = { A: 'x'.repeat(400_000), TEMP: 'C:\\Temp' };
    const entries = ['C:\\' + '%A%'.repeat(3000), 'C:\\%A%', '%TEMP%\\a'].map((text) => ({ name: 'n', text }));
    const { rules, warnings } = parseFilesNotToBackup(entries, environment);
    expect(rules.map(({ fileName }) => fileName)).toEqual(['a']);
    expect(warnings.map(({ message }) => message.slice(-31))).toEqual(Array(2).fill('is longer than 32767 characters'));
  });
});

type Kind = 'file' | 'directory';

describe('FilesNotToBackup of a Windows Server', () => {
  const { rules, warnings } = parseFilesNotToBackup(WINDOWS_SERVER, ENVIRONMENT);
  const matcher = new PathMatcher(rules);

  it('has one entry that is no path', () => {
    expect(warnings.map(({ message }) => message)).toEqual([
      'FilesNotToBackup, Internet Explorer: Temporary Files is no path from a drive or from the root of all drives',
    ]);
    expect(rules).toHaveLength(WINDOWS_SERVER.length - 1);
  });

  it.each<[root: string, path: string, name: string | undefined, kind?: Kind]>([
    ['C:\\', 'pagefile.sys', 'Memory Page File'],
    ['c:', 'PAGEFILE.SYS', 'Memory Page File'],
    ['D:\\', 'Pagefile.sys', 'Memory Page File'],
    ['\\\\?\\Volume{12345678-2df8-11de-9d80-806e6f6e6963}\\', 'pagefile.sys', 'Memory Page File'],
    ['/mnt/windows', 'pagefile.sys', 'Memory Page File'],
    ['C:\\', 'Windows/pagefile.sys', undefined],
    ['C:\\', 'pagefile.sys2', undefined],
    ['C:\\', 'xpagefile.sys', undefined],
    ['E:\\', 'hiberfil.sys', 'Power Management'],
    ['C:\\', 'Windows/System32/MSDTC/msdtc.log', 'MS Distributed Transaction Coordinator'],
    ['C:\\', 'Windows/System32/MSDTC/sub/msdtc.log', undefined],
    ['D:\\', 'Windows/System32/MSDTC/msdtc.log', undefined],
    ['C:\\', 'Windows/CSC', undefined, 'directory'],
    ['C:\\', 'Windows/CSC/d1', 'Offline Files Cache', 'directory'],
    ['C:\\', 'windows/csc/d1/80000001', 'Offline Files Cache'],
    ['C:\\', 'Windows/CSC2/x', undefined],
    ['F:\\', 'SIS Common Store/a.sis', 'Single Instance Storage'],
    ['F:\\', 'SIS Common Store/noext', 'Single Instance Storage'],
    ['F:\\', 'sub/SIS Common Store/a.sis', undefined],
    ['C:\\', 'Users/joe/AppData/Local/Temp/a', 'Temporary Files'],
    ['C:\\', 'Users/joe/AppData/Local/Temp/a/b/c', 'Temporary Files'],
    ['C:\\', 'Users/joe/AppData/Local/Temp', undefined, 'directory'],
    ['C:\\', 'Users/joe/AppData/Local/Template', undefined],
    ['C:\\', 'Windows/Registration/{x}.crmlog', 'ComPlus'],
    ['C:\\', 'Windows/Registration/sub/x.CRMLOG', 'ComPlus'],
    ['C:\\', 'Windows/Registration/sub/x.crmlog2', undefined],
    ['C:\\', 'Windows/Registration/folder.crmlog', undefined, 'directory'],
    ['C:\\', 'Users/joe/a/b/index.dat', 'IE history'],
    ['C:\\', 'Users/jane/index.dat', undefined],
    ['C:\\', 'Windows/debug/NtFrs_0001.log', 'NtFrs'],
    ['C:\\', 'Windows/debug/NtFrs', 'NtFrs'],
    ['C:\\', 'Windows/debug/sub/NtFrs', undefined],
    ['C:\\', 'Windows/debug/NtFrsFolder', undefined, 'directory'],
    ['C:\\', 'Windows/debug/NtFrsFolder/x', undefined],
    ['C:\\', 'Windows/Memory.dmp', 'Kernel Dumps'],
    ['D:\\', 'System Volume Information/{x}{y}', 'Volume information'],
    ['D:\\', 'System Volume Information', undefined, 'directory'],
    ['C:\\', '', undefined, 'directory'],
  ])('%s %s: %s', (root, path, name, kind) => {
    expect(matcher.forVolume(root).match(path, kind)?.entry.name).toBe(name);
  });

  it('tells what must stay after a volume was restored as a whole', () => {
    expect(rules.filter((rule) => rule.keepAtRestore).map(({ entry }) => entry.name)).toEqual(['Single Instance Storage']);
  });

  it('says of a volume that no rule is for it', () => {
    const { rules: onlyC } = parseFilesNotToBackup([{ name: 'x', text: 'C:\\x' }]);
    expect(new PathMatcher(onlyC).forVolume('C:\\').isEmpty).toBe(false);
    expect(new PathMatcher(onlyC).forVolume('D:\\').isEmpty).toBe(true);
    expect(new PathMatcher(onlyC).forVolume('/').isEmpty).toBe(true);
  });

  it('is not slowed down by thousands of patterns, of which the first that matches counts', () => {
    const texts = ['\\a*.tmp /s', '\\*.tmp /s', '\\*b.tmp /s', ...Array.from({ length: 10_000 }, (_, i) => `\\f*i?e*.x${String(i)} /s`)];
    const many = new PathMatcher(parseFilesNotToBackup(texts.map((text) => ({ name: 'n', text }))).rules).forVolume('C:\\');
    const said = (path: string): string | undefined => many.match(path)?.entry.text;
    expect(['x/ab.tmp', 'x/b.tmp', 'tmp', 'x/file.x9999', 'x/file.x10000'].map(said)).toEqual([
      texts[0],
      texts[1],
      undefined,
      texts[10_002],
      undefined,
    ]);
    // All patterns together take a moment for this, one after the other a minute.
    for (let i = 0; i < 100_000; i++) many.match(`Data/file${String(i)}.dat`);
  }, 40_000);
});

const matches = (text: string, root: string, path: string, kind?: Kind): boolean => {
  const { rules, warnings } = parseFilesNotToBackup([{ name: 'x', text }], ENVIRONMENT);
  expect(warnings).toEqual([]);
  return new PathMatcher(rules).forVolume(root).match(path, kind) !== undefined;
};

describe('an entry of FilesNotToBackup', () => {
  it.each<[text: string, root: string, path: string, expected: boolean, kind?: Kind]>([
    // A name without wildcards is a file's or a folder's, with all that is in it.
    ['C:\\Cache', 'C:\\', 'Cache', true],
    ['C:\\Cache', 'C:\\', 'Cache', true, 'directory'],
    ['C:\\Cache', 'C:\\', 'Cache/a/b', true],
    ['C:\\Cache /s', 'C:\\', 'x/y/cache/a', true],
    ['C:\\Cache', 'C:\\', 'x/Cache', false],
    // Without /s wildcards are for the files of one folder.
    ['C:\\t\\*', 'C:\\', 't/a', true],
    ['C:\\t\\*', 'C:\\', 't/a', false, 'directory'],
    ['C:\\t\\*', 'C:\\', 't/a/b', false],
    ['C:\\t\\*.tmp /S', 'C:\\', 't/a/b.TMP', true],
    ['C:\\t\\*.tmp\t/s ', 'C:\\', 't/b.tmp', true],
    ['C:\\t\\*.tmp', 'C:\\', 't/b.tmp.txt', false],
    ['\\*.tmp /s', 'C:\\', 'a/b/c.tmp', true],
    ['\\*.tmp /s', 'C:\\', 'a/b/c.tmp', false, 'directory'],
    // Wildcards are those of Windows.
    ['C:\\a*c?.x', 'C:\\', 'abbbcd.x', true],
    ['C:\\a*c?.x', 'C:\\', 'abbbc.x', false],
    ['C:\\*a*b*c*', 'C:\\', 'xaxbxcx', true],
    ['C:\\*a*b*c*', 'C:\\', 'xcxbxax', false],
    ['C:\\name.*', 'C:\\', 'NAME', true],
    ['C:\\name.*', 'C:\\', 'name.txt', true],
    ['C:\\name.*', 'C:\\', 'names.txt', false],
    ['C:\\*.*', 'C:\\', 'no extension', true],
    ['C:\\Ünï*', 'C:\\', 'üNÏx', true],
    // Volumes may be mounted in folders.
    ['C:\\m\\d\\x\\*', 'C:\\m\\d\\', 'x/a', true],
    ['C:\\m\\d\\x\\*', 'C:\\m\\e', 'x/a', false],
    ['C:\\m\\* /s', 'C:\\m\\d', 'a/b', true],
    ['C:\\m\\* /s', 'C:\\m\\d', 'a', true, 'directory'],
    ['C:\\m\\*.tmp /s', 'C:\\m\\d', 'a/b.tmp', true],
    ['C:\\m\\*.tmp', 'C:\\m\\d', 'b.tmp', false],
    ['C:\\m\\*', 'C:\\m\\d', 'a', false],
    ['C:\\m\\d', 'C:\\m\\d', 'a', true],
    ['C:\\m', 'C:\\m\\d', 'a', true],
    ['C:\\d /s', 'C:\\m\\d', 'a', true],
    ['C:\\n', 'C:\\m\\d', 'a', false],
    // Environment variables, for a part or all.
    ['%Windir%', 'C:\\', 'Windows/x', true],
    ['%temp%\\x', 'C:\\', 'Users/joe/AppData/Local/Temp/X', true],
    ['\\\\?\\Volume{AB}\\x', '\\\\?\\volume{ab}\\', 'x', true],
    ['\\\\?\\Volume{AB}\\x', '\\\\?\\volume{cd}\\', 'x', false],
    // Paths of POSIX systems: absolute, and their case counts.
    ['/var/cache/* /s', '/', 'var/cache/apt/x', true],
    ['/var/cache/* /s', '/', 'Var/cache/apt/x', false],
    ['/var/cache/* /s', '/var', 'cache/x', true],
    ['/var/cache/* /s', '/home', 'var/cache/x', false],
    ['/swap.img', '/', 'swap.img', true],
    ['/home/*', '/home', 'x', true],
    ['/back\\slash', '/', 'back\\slash', true],
    // On all volumes, also those of POSIX systems.
    ['\\lost+found', '/home', 'LOST+found/x', true],
    ['\\lost+found', '/', 'home/lost+found/x', false],
  ])('%s on %s: %s is %s', (text, root, path, expected, kind) => {
    expect(matches(text, root, path, kind)).toBe(expected);
  });

  it.each<[text: string, why: RegExp]>([
    ['', /no path/],
    ['Temporary Files', /no path/],
    ['C:file', /no path/],
    ['C:', /no path/],
    ['\\\\server\\share\\x', /no path/],
    ['C:\\', /names no file/],
    ['C:\\Temp\\', /names no file/],
    ['\\', /names no file/],
    [' /s', /no path/],
    ['C:\\a\\\\b', /empty name/],
    ['C:\\*\\b', /wildcard in its path/],
    ['C:\\a?\\b /s', /wildcard in its path/],
    ['%NOWHERE%\\x', /%NOWHERE% is not set/],
  ])('%j is ignored, with a warning', (text, why) => {
    const { rules, warnings } = parseFilesNotToBackup([{ name: 'x', text }], ENVIRONMENT);
    expect(rules).toEqual([]);
    expect(warnings).toEqual([expect.objectContaining({ code: 'REGISTRY_VALUE', message: expect.stringMatching(why) as string })]);
  });

  it('a folder that is left out leaves out everything below, whatever the entries', () => {
    const part = fc.constantFrom('a', 'b', 'ab', 'A', 'x.tmp');
    const name = fc.oneof(part, fc.constantFrom('*', '*.*', '*.tmp', 'a*', '?'));
    const entry = fc
      .tuple(fc.constantFrom('\\', 'C:\\', 'C:\\m\\'), fc.array(part, { maxLength: 2 }), name, fc.constantFrom('', ' /s'))
      .map(([start, folders, file, flag]) => ({ name: 'x', text: `${start}${[...folders, file].join('\\')}${flag}` }));
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 5 }),
        fc.constantFrom('C:\\', 'C:\\m', 'D:\\'),
        path,
        part,
        (entries, root, folder, file) => {
          const volume = new PathMatcher(parseFilesNotToBackup(entries).rules).forVolume(root);
          const above = volume.match(folder, 'directory');
          if (above) expect(volume.match(`${folder}/${file}`)?.entry).toBeDefined();
          expect(volume.match(folder.toUpperCase(), 'directory')?.entry).toEqual(above?.entry);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('with many stars does not take for ever', () => {
    expect(matches(`C:\\${'*a'.repeat(100)}b`, 'C:\\', 'a'.repeat(255))).toBe(false);
  });
});

describe('FilesNotToSnapshot', () => {
  const options = {
    environment: ENVIRONMENT,
    userProfiles: ['C:\\Users\\joe', 'D:\\Profiles\\jane\\', '%SystemRoot%\\system32\\config\\systemprofile'],
  };
  const named = (text: string, root: string, path: string, kind?: Kind, more = {}): boolean => {
    const { rules, warnings } = parseFilesNotToSnapshot([{ name: 'x', text }], { ...options, ...more });
    expect(warnings).toEqual([]);
    return new PathMatcher(rules).forVolume(root).match(path, kind) !== undefined;
  };

  it.each<[text: string, root: string, path: string, expected: boolean, kind?: Kind]>([
    ['$UserProfile$\\Directory\\Subdirectory\\FileName.*', 'C:\\', 'Users/joe/Directory/Subdirectory/filename.txt', true],
    ['$UserProfile$\\Directory\\Subdirectory\\FileName.*', 'D:\\', 'Profiles/jane/Directory/Subdirectory/filename.txt', true],
    [
      '$UserProfile$\\Directory\\Subdirectory\\FileName.*',
      'C:\\',
      'Windows/System32/config/systemprofile/Directory/Subdirectory/FileName',
      true,
    ],
    ['$UserProfile$\\Directory\\Subdirectory\\FileName.*', 'C:\\', 'Users/jane/Directory/Subdirectory/filename.txt', false],
    ['$UserProfile$\\Directory\\Subdirectory\\FileName.*', 'C:\\', 'Users/joe/Directory/Subdirectory/x/filename.txt', false],
    ['$UserProfile$\\Directory\\Subdirectory\\FileName.* /s', 'C:\\', 'Users/joe/Directory/Subdirectory/x/filename.txt', true],
    ['$userprofile$\\AppData\\Local\\Microsoft\\Outlook\\*.ost', 'C:\\', 'Users/joe/AppData/Local/Microsoft/Outlook/joe.ost', true],
    ['$AllVolumes$\\TemporaryFiles\\*.* /s', 'C:\\', 'TemporaryFiles/a/b', true],
    ['$AllVolumes$\\TemporaryFiles\\*.* /s', 'E:\\', 'temporaryfiles/a', true, 'directory'],
    ['$AllVolumes$\\TemporaryFiles\\*.* /s', 'D:\\', 'Data/TemporaryFiles/a', false],
    ['%windir%\\softwaredistribution\\*.* /s', 'C:\\', 'Windows/SoftwareDistribution/Download/x', true],
    ['C:\\Users\\*\\Cache\\*.bin', 'C:\\', 'Users/joe/Cache/x.bin', true],
    ['C:\\Users\\*\\Cache\\*.bin', 'C:\\', 'Users/joe/more/Cache/x.bin', false],
    ['C:\\Users\\j*\\Cache\\* /s', 'C:\\', 'Users/joe/Cache/a/b', true],
    ['C:\\Users\\j*\\Cache\\* /s', 'C:\\', 'Users/ann/Cache/a/b', false],
  ])('%s on %s: %s is %s', (text, root, path, expected, kind) => {
    expect(named(text, root, path, kind)).toBe(expected);
  });

  it('names nothing in profiles where an administrator says so', () => {
    const text = '$UserProfile$\\x';
    expect(named(text, 'C:\\', 'Users/joe/x')).toBe(true);
    expect(named(text, 'C:\\', 'Users/joe/x', 'file', { disableUserProfileExpansion: true })).toBe(false);
    expect(named('C:\\x', 'C:\\', 'x', 'file', { disableUserProfileExpansion: true })).toBe(true);
  });

  it.each(['\\x', 'x', '$Other$\\x', '$AllVolumes$', '%NOWHERE%\\x', '$AllVolumes$\\x\\'])('%j is ignored, with a warning', (text) => {
    const { rules, warnings } = parseFilesNotToSnapshot([{ name: 'x', text }], options);
    expect(rules).toEqual([]);
    expect(warnings).toEqual([expect.objectContaining({ code: 'REGISTRY_VALUE' })]);
  });
});
