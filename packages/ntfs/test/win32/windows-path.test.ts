import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '@winback/core';
import { isName, nativePath, nativeRoot, plainPath, sourceParts, splitNative } from '../../src/win32/windows-path.js';

const native = (path: string): string | undefined => nativePath(path)?.native;

describe('paths of Windows', () => {
  it('have a form that Windows takes as it is', () => {
    expect(native('C:\\Users\\x')).toBe('\\\\?\\C:\\Users\\x');
    expect(native('c:/Users/../x')).toBe('\\\\?\\c:\\x');
    expect(native('\\\\server\\share\\x')).toBe('\\\\?\\UNC\\server\\share\\x');
    expect(native('\\\\?\\C:\\dot.\\CON')).toBe('\\\\?\\C:\\dot.\\CON');
    expect(native('\\\\?\\Volume{0}\\x')).toBe('\\\\?\\Volume{0}\\x');
    expect(native('')).toBeUndefined();
    expect(native('C:\\a\0b')).toBeUndefined();
  });

  it('say whether they mean the folder behind their last part', () => {
    for (const path of ['C:\\', 'C:\\x\\', 'C:\\x\\.', 'C:\\x\\..', 'C:/x/']) expect(nativePath(path)?.wholly, path).toBe(true);
    for (const path of ['C:\\x', 'C:\\x.', 'C:\\.x', '\\\\?\\C:\\x']) expect(nativePath(path)?.wholly, path).toBe(false);
  });

  it('are taken apart behind their root, and never in it', () => {
    for (const root of [
      '\\\\?\\C:\\',
      '\\\\?\\UNC\\server\\share\\',
      '\\\\?\\Volume{0}\\',
      '\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\\',
    ]) {
      expect(splitNative(root)).toEqual({ folder: root, leaf: '' });
      expect(splitNative(`${root}a`)).toEqual({ folder: root, leaf: 'a' });
      expect(splitNative(`${root}a\\b\\`)).toEqual({ folder: `${root}a\\`, leaf: 'b' });
    }
  });

  it('are shown without what only Windows needs, where they can be', () => {
    expect(plainPath('\\\\?\\C:\\x')).toBe('C:\\x');
    expect(plainPath('\\\\?\\UNC\\server\\share\\')).toBe('\\\\server\\share\\');
    expect(plainPath('\\\\?\\Volume{0}\\')).toBe('\\\\?\\Volume{0}\\');
  });

  it('of roots end with a backslash, those of shadow copies too', () => {
    expect(nativeRoot('C:\\')).toBe('\\\\?\\C:\\');
    expect(nativeRoot('\\\\server\\share')).toBe('\\\\?\\UNC\\server\\share\\');
    expect(nativeRoot('\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1')).toBe(
      '\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\\',
    );
  });
});

describe('names', () => {
  it('are what NTFS can hold, whatever Win32 makes of it elsewhere', () => {
    for (const name of ['a', 'CON', 'nul.txt', 'dot.', 'blank ', '...', '~', 'lone \ud800 half', '日本', '$(x)'])
      expect(isName(name), name).toBe(true);
    for (const name of ['', '.', '..', 'a/b', 'a\\b', 'a:b', 'a*', 'a?', '"', '<', '>', '|', '\0', '\u001f'])
      expect(isName(name), name).toBe(false);
  });

  it('are all that a path on a volume is made of', () => {
    expect(sourceParts('')).toEqual([]);
    expect(sourceParts('a/b c/d.')).toEqual(['a', 'b c', 'd.']);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', '\\', ':', '\0', ' ') }), (path) => {
        try {
          expect(sourceParts(path).every(isName)).toBe(true);
        } catch (error) {
          expect(isWinbackError(error, 'SOURCE_NOT_FOUND')).toBe(true);
        }
      }),
    );
  });
});
