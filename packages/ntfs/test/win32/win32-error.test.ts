import { describe, expect, it } from 'vitest';
import { isWinbackError } from '@winback/core';
import { describeWin32, errorName, errorNumber, Win32Error } from '../../src/win32/win32-error.js';

describe('Win32 errors', () => {
  it('have a name, a number and words', () => {
    expect(describeWin32(32)).toBe('another program has it open and shares it with nobody (ERROR_SHARING_VIOLATION, 32)');
    expect(errorName(5)).toBe('ERROR_ACCESS_DENIED');
    expect(errorNumber('ERROR_ACCESS_DENIED')).toBe(5);
  });

  it('keep their number when nobody knows their name', () => {
    expect(describeWin32(31337)).toBe('Win32 error 31337');
    expect(() => errorNumber('ERROR_NO_SUCH_NAME')).toThrow(TypeError);
  });

  it('are errors of Winback with the facts in fields', () => {
    const error = new Win32Error('CreateFileW', 3);
    expect(isWinbackError(error, 'PLATFORM_UNSUPPORTED')).toBe(true);
    expect(error.details).toEqual({ call: 'CreateFileW', number: 3, name: 'ERROR_PATH_NOT_FOUND' });
    expect(error.message).toBe('CreateFileW: no such folder (ERROR_PATH_NOT_FOUND, 3)');
  });
});
