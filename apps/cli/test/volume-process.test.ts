import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemPlatform } from '@winback/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../bin/winback.js', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../dist/commands/volume-facts.js', import.meta.url)));

let home: string;
beforeEach((context) => {
  if (!built) context.skip('needs a build: npm run build');
  if (systemPlatform().os !== 'linux') context.skip('needs Linux');
  home = mkdtempSync(join(tmpdir(), 'winback-volume-'));
});
afterEach(() => {
  if (home) rmSync(home, { recursive: true, force: true });
});

const sh = (script: string): string =>
  execFileSync('bash', ['-euc', script, 'bash', process.execPath, program], { cwd: home, encoding: 'latin1' });

describe('volume commands as processes', () => {
  it('copy a file through a pipe, byte for byte', () => {
    const content = Buffer.alloc(5_000_000, 'not the same everywhere; ');
    writeFileSync(join(home, 'a'), content);
    sh('"$1" "$2" volume read-streams a | "$1" "$2" volume write-streams b');
    expect(readFileSync(join(home, 'b')).equals(content)).toBe(true);
    sh('"$1" "$2" volume read-streams a > streams; "$1" "$2" volume read-streams a --output streams2; cmp streams streams2');
  });

  it('a reader that has enough ends reading quietly', () => {
    writeFileSync(join(home, 'a'), new Uint8Array(20_000_000));
    const script = '{ "$1" "$2" volume read-streams a 2>said; echo $? >code; } | head -c 4 >/dev/null; cat said code';
    expect(sh(script)).toBe('0\n');
  });

  it('input that ends in the middle leaves nothing', () => {
    writeFileSync(join(home, 'a'), new Uint8Array(1_000_000));
    expect(
      sh('set +e; "$1" "$2" volume read-streams a | head -c 500000 | "$1" "$2" volume write-streams b 2>&1; echo "${PIPESTATUS[2]}"'),
    ).toMatch(/^winback: WIN32_STREAM_ID\.size at byte 0x7a120: .*\n5\n$/);
    expect(readdirSync(home)).toEqual(['a']);
  });

  it('names that are no UTF-8 are those of the files', () => {
    sh(
      `printf content > $'a\\xff'; "$1" "$2" volume read-streams $'a\\xff' --output $'s\\xfe'; "$1" "$2" volume write-streams $'b\\xfd' --input $'s\\xfe'`,
    );
    expect(sh('ls -b')).toBe('a\\377\nb\\375\ns\\376\n');
    expect(sh(`cat $'b\\xfd'`)).toBe('content');
  });

  it('Ctrl-C ends waiting for input, and takes back what there is', async () => {
    const child = spawn(process.execPath, [program, 'volume', 'write-streams', 'b'], { cwd: home, stdio: ['pipe', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const head = Buffer.alloc(20);
    head.writeUInt32LE(1, 0);
    head.writeUInt32LE(1_000_000, 8);
    child.stdin.on('error', () => undefined); // what was not read yet when it ended
    child.stdin.write(Buffer.concat([head, Buffer.alloc(500_000)]));
    while (readdirSync(home).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'winback: stopped by the user\n' });
    expect(readdirSync(home)).toEqual([]);
  });
});
