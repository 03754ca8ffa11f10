import { describe, expect, it } from 'vitest';
import { Selection } from '../src/recovery/selection.js';
import { volumeFolders } from '../src/recovery/volume-folders.js';

const home = { root: '/home', fileSystem: 'ext4', device: '/dev/vda2' };
const root = { root: '/', fileSystem: 'ext4', device: '/dev/vda1' };
const c = { root: 'C:', fileSystem: 'NTFS', device: 'C:' };

describe('selection of items', () => {
  it.each([
    ['/', root, 'etc/passwd', true],
    ['/etc', root, 'etc/passwd', true],
    ['/etc/', root, 'etc', true],
    ['etc', root, 'etc/passwd', true],
    ['/et', root, 'etc/passwd', false],
    ['/home/joe', home, 'joe/x', true],
    ['joe', home, 'joe/x', true],
    ['/joe/x', home, 'joe/x', true],
    ['C:\\Users', c, 'Users/joe', true],
    ['c:/users/JOE', c, 'Users/joe', true],
    ['Users', c, 'Users/joe', true],
    ['D:\\Users', c, 'Users/joe', false],
    ['a\\b', root, 'a\\b', true],
    ['a\\b', root, 'a/b', false],
  ])('%s on %o %s: %s', (item, volume, path, expected) => {
    expect(new Selection([item]).wants(volume, path)).toBe(expected);
  });

  it('tells which items matched nothing', () => {
    const selection = new Selection(['/etc', '/nothing']);
    selection.wants(root, 'etc/passwd');
    expect(selection.missing).toEqual(['/nothing']);
    expect(() => {
      selection.assertFound('7');
    }).toThrow(/version 7 holds no \/nothing/);
  });

  it('everything of an empty version is not missing', () => {
    expect(new Selection(['/']).missing).toEqual([]);
  });
});

describe('folders of volumes below a recovery target', () => {
  it('one volume goes to the target itself', () => {
    expect(volumeFolders(['/home'])(home)).toBe('');
  });

  it('several volumes get one each, by different names', () => {
    const folderOf = volumeFolders(['/', '/home', '/home/', 'C:']);
    const names = [root, home, { ...home, root: '/home/' }, c].map(folderOf);
    expect(names).toEqual(['root', 'home', 'home_2', 'C']);
  });

  it('hostile roots stay one plain name', () => {
    for (const hostile of ['../../etc', '..', '/a/../..', '\\\\srv\\share', '\0', '']) {
      const name = volumeFolders(['/', hostile])({ ...root, root: hostile });
      expect(name).toMatch(/^[^/\\\0]+$/);
      expect(['.', '..']).not.toContain(name);
    }
  });
});
