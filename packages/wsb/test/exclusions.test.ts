import { describe, expect, it } from 'vitest';
import { compileExclusions } from '../src/backup/exclusions.js';

const excluded = (patterns: string[], path: string, directory = false, ignoreCase = false): boolean =>
  compileExclusions(patterns, ignoreCase)(path, directory);

describe('exclusion patterns', () => {
  it.each([
    ['*.tmp', '/home/joe/a.tmp', true],
    ['*.tmp', '/home/joe/a.tmpx', false],
    ['*.tmp', '/home/joe/.tmp', true],
    ['node_modules', '/srv/app/node_modules', true],
    ['node_modules', '/srv/app/node_modules2', false],
    ['/home/*/cache', '/home/joe/cache', true],
    ['/home/*/cache', '/home/joe/x/cache', false],
    ['/home/**/cache', '/home/joe/x/cache', true],
    ['/var/log/**', '/var/log/syslog', true],
    ['/var/log/**', '/var/lib/syslog', false],
    ['cache/*.db', '/home/joe/cache/x.db', true],
    ['cache/*.db', '/home/joe/cache2/x.db', false],
    ['.git', '/srv/.git', true],
    ['?.txt', '/a.txt', true],
    ['?.txt', '/ab.txt', false],
    ['{a,b}.txt', '/b.txt', true],
    ['[ab].txt', '/c.txt', false],
    ['*', '/anything', true],
    ['!a', '/b', false],
    ['!a', '/!a', true],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(excluded([pattern], path)).toBe(expected);
  });

  it('a slash at the end means folders only', () => {
    expect(excluded(['build/'], '/srv/build', true)).toBe(true);
    expect(excluded(['build/'], '/srv/build', false)).toBe(false);
  });

  it('Windows paths in either spelling, case ignored there', () => {
    expect(excluded(['C:\\Users\\*\\Temp'], 'C:/Users/joe/Temp', true, true)).toBe(true);
    expect(excluded(['c:/users/*/temp'], 'C:/Users/joe/Temp', true, true)).toBe(true);
    expect(excluded(['*.TMP'], '/a.tmp', false, false)).toBe(false);
  });

  it('names with characters that patterns use', () => {
    expect(excluded(['a\\[1\\].txt'], '/x/a[1].txt')).toBe(true);
    expect(excluded(['*.txt'], '/x/a\nb.txt')).toBe(true);
  });

  it('no patterns exclude nothing', () => {
    expect(excluded([], '/a')).toBe(false);
  });
});
