import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../bin/winback.js', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url)));

let home: string;
beforeEach((context) => {
  if (!built) context.skip('needs a build: npm run build');
  home = mkdtempSync(join(tmpdir(), 'winback-process-'));
});
afterEach(() => {
  if (built) rmSync(home, { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs the built program; `onOutput` sees all of stderr so far. */
async function run(
  argv: readonly string[],
  onOutput: (stderr: string, child: ReturnType<typeof spawn>) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...argv], { cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onOutput(stderr, child);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

/** Enough for a backup to be in the middle of. */
function fill(folder: string): void {
  mkdirSync(join(home, folder));
  for (let i = 0; i < 4; i++) writeFileSync(join(home, folder, `big${String(i)}`), Buffer.alloc(100_000_000, i + 1));
}

const BACKUP = ['start', 'backup', '--include', 'docs', '--backup-target', 'first.bkf', '--progress', 'json'];

describe('the program as a process', () => {
  it('prints its version and ends', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string, stderr: '' });
  });

  it('Ctrl-C in the middle of a backup: 130, and the target is as it was', async () => {
    mkdirSync(join(home, 'small'));
    writeFileSync(join(home, 'small', 'a'), 'a');
    expect(await run(['start', 'backup', '--include', 'small', '--backup-target', 'first.bkf'])).toMatchObject({ code: 0 });
    const { size } = statSync(join(home, 'first.bkf'));
    fill('docs');
    let sent = false;
    const ended = await run(BACKUP, (stderr, child) => {
      if (!sent && stderr.includes('"phase":"backup"')) sent = child.kill('SIGINT');
    });
    expect(ended).toMatchObject({ code: 130, signal: null, stdout: '' });
    expect(ended.stderr).toContain('stopping;');
    expect(ended.stderr).toMatch(/\nwinback: stopped by the user\n/);
    expect(statSync(join(home, 'first.bkf')).size).toBe(size);
    expect(await run(['verify', '--backup-target', 'first.bkf'])).toMatchObject({ code: 0 });
  });

  it('Ctrl-C in the middle of the first backup leaves no file', async () => {
    fill('docs');
    let sent = false;
    const ended = await run([...BACKUP, '--json'], (stderr, child) => {
      if (!sent && stderr.includes('"phase":"backup"')) sent = child.kill('SIGTERM');
    });
    expect(ended.code).toBe(130);
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'INTERRUPTED' } });
    expect(readdirSync(home)).toEqual(['docs']);
  });

  it('a second Ctrl-C ends it at once', async () => {
    fill('docs');
    let sent = 0;
    const ended = await run(BACKUP, (stderr, child) => {
      if (sent === 0 && stderr.includes('"phase":"backup"')) {
        sent = 1;
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGINT'), 5);
      }
    });
    expect(ended.code).toBe(130);
  });

  it('a reader that goes away ends a listing quietly', async () => {
    mkdirSync(join(home, 'many'));
    for (let i = 0; i < 5000; i++) writeFileSync(join(home, 'many', `file-with-a-rather-long-name-${String(i)}`), '');
    await run(['start', 'backup', '--include', 'many', '--backup-target', 'first.bkf']);
    const child = spawn(process.execPath, [program, 'get', 'items', '--version', 'latest', '--backup-target', 'first.bkf'], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = (await once(child, 'exit')) as [number | null];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('loads what the command line needs and nothing of the packages, until a command is chosen', () => {
    const coverage = join(home, 'coverage');
    const env = { ...process.env, NODE_V8_COVERAGE: coverage };
    expect(spawnSync(process.execPath, [program, '--version'], { cwd: home, env }).status).toBe(0);
    const loaded = readdirSync(coverage).flatMap((name) => {
      const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as { readonly result: readonly { readonly url: string }[] };
      return result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
    });
    expect(loaded.length).toBeGreaterThan(5);
    expect(loaded.filter((url) => !/\/(apps\/cli|commander)\//.test(url))).toEqual([]);
  });
});
