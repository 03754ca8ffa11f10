import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey, passwordFile, type TestKey } from './efs-tools.js';

const program = fileURLToPath(new URL('../../bin/winback.js', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../../dist/main.js', import.meta.url)));
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const SEGMENT = 65_536;

/** Large enough for several threads, which only the built program has. */
describe.skipIf(!built || !hasOpenssl)('winback efs as a process (needs a build and openssl)', { timeout: 120_000 }, () => {
  let home: string;
  let ann: TestKey;
  const plain = randomBytes(40 * 2 ** 20 + 12_345);
  const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
      cwd: home,
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { code: status, stdout, stderr };
  };
  const key = (): string[] => ['--key', ann.pfx, '--password-file', passwordFile(home)];
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'winback-efs-process-'));
    ann = makeKey(home, 'Ann');
    writeFileSync(join(home, 'plain'), plain);
    expect(run(['efs', 'encrypt', 'plain', '--cert', ann.cert, '--output', 'f.efsraw'])).toMatchObject({ code: 0, stderr: '' });
  });
  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  it('decrypts large files whole, with the password from a file or the environment', () => {
    expect(run(['efs', 'decrypt', 'f.efsraw', ...key(), '--output', 'a'])).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(home, 'a')).equals(plain)).toBe(true);
    expect(run(['efs', 'decrypt', 'f.efsraw', '--key', ann.pfx, '--output', 'b'], { WINBACK_EFS_PASSWORD: 'secret' })).toMatchObject({
      code: 0,
    });
    expect(readFileSync(join(home, 'b')).equals(plain)).toBe(true);
  });

  it('does not ask where there is no terminal, and leaves nothing when it fails', () => {
    const { code, stderr } = run(['efs', 'decrypt', 'f.efsraw', '--key', ann.pfx, '--output', 'c']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/protected by a password, and none was given/) as string });
    expect(readdirSync(home)).not.toContain('c');
  });

  it('finds damage that a thread meets, and decrypts the rest', () => {
    const raw = readFileSync(join(home, 'f.efsraw'));
    const first = raw.indexOf(Buffer.from('G\0U\0R\0E\0'), 1000) - 4;
    const hit = first + 300 * (SEGMENT + 48);
    expect(raw.toString('latin1', hit + 4, hit + 12)).toBe('G\0U\0R\0E\0');
    raw[hit + 4] = 0;
    writeFileSync(join(home, 'damaged.efsraw'), raw);
    const { code, stdout } = run(['efs', 'decrypt', 'damaged.efsraw', ...key(), '--output', 'd', '--json']);
    expect(code).toBe(5);
    const { missing, bytes } = JSON.parse(stdout) as { missing: { begin: number; end: number }[]; bytes: number };
    expect(bytes).toBe(plain.length);
    expect(missing).toHaveLength(1);
    const wanted = Buffer.from(plain).fill(0, missing[0]!.begin, missing[0]!.end);
    expect(missing[0]!.end - missing[0]!.begin).toBe(SEGMENT);
    expect(readFileSync(join(home, 'd')).equals(wanted)).toBe(true);
  });
});
