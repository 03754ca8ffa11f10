import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeErrno, describeNodeError, errnoName, nodeErrno } from '../../src/errors/index.js';
import { systemPlatform } from '../../src/ports/index.js';

const linux = systemPlatform().os === 'linux';
const python = spawnSync('python3', ['-c', 'import errno; print("\\n".join(f"{n} {s}" for n, s in errno.errorcode.items()))']);

describe('errno', () => {
  it.skipIf(!linux || python.status !== 0)('has the names of the system, where it has names (needs Linux and python3)', () => {
    const same: Readonly<Record<string, string>> = { ENOTSUP: 'EOPNOTSUPP', EWOULDBLOCK: 'EAGAIN', EDEADLOCK: 'EDEADLK' };
    for (const line of python.stdout.toString().trim().split('\n')) {
      const [number = '', name = ''] = line.split(' ');
      const ours = errnoName(Number(number));
      if (ours === `errno ${number}`) continue;
      expect(same[ours] ?? ours, number).toBe(same[name] ?? name);
    }
    expect(errnoName(13)).toBe('EACCES');
    expect(errnoName(61)).toBe('ENODATA');
  });

  it('says what a person understands, with the name', () => {
    expect(describeErrno(2)).toBe('no such file or folder (ENOENT)');
    expect(describeErrno(28)).toBe('no space left on the device (ENOSPC)');
    expect(describeErrno(99_999)).toBe('errno 99999');
  });

  it('knows the errors of Node.js from others', () => {
    const error = ((): unknown => {
      try {
        return readFileSync('/nonexistent/file');
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(nodeErrno(error)).toBe('ENOENT');
    expect(describeNodeError(error)).toBe('no such file or folder (ENOENT)');
    expect(nodeErrno(new Error('x'))).toBeUndefined();
    expect(nodeErrno(Object.assign(new Error('x'), { code: 'ERR_X' }))).toBeUndefined();
    expect(describeNodeError(new Error('words'))).toBe('words');
    expect(describeNodeError('thrown text')).toBe('thrown text');
  });
});
