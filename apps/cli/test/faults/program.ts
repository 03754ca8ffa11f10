import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, type TestContext } from 'vitest';

export const programFile = fileURLToPath(new URL('../../bin/winback.js', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../../dist/main.js', import.meta.url)));
const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

/** What this machine has and some tests need. */
export const machine = {
  root: process.platform === 'linux' && process.geteuid?.() === 0,
  linux: process.platform === 'linux',
  attributes: has('getfattr') && has('setfattr') && has('setfacl'),
};

/** Skips the test, with the reason, where the machine lacks something. */
export function need(context: TestContext, what: boolean, reason: string): void {
  if (!what) context.skip(reason);
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Document {
  readonly outcome?: string;
  readonly problemCount: number;
  readonly problems: readonly { readonly path: string; readonly code: string; readonly message: string; readonly effect: string }[];
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly items: readonly { readonly path: string; readonly kind: string; readonly size: number; readonly modified: string }[];
  readonly versions: readonly { readonly id: string; readonly time: string; readonly state: string }[];
  readonly [key: string]: unknown;
}

export interface RunOptions {
  readonly user?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Sees all of stderr so far, at each piece of it. */
  readonly onOutput?: (stderr: string, child: ChildProcess) => void;
  readonly onStart?: (child: ChildProcess) => void;
}

let scratch = '';
const mounted: string[] = [];
/** The scratch folder of the running test. */
export const home = (): string => scratch;

/** A scratch folder for each test of the file; the tests are skipped where the program was not built. */
export function useHome(): void {
  beforeEach((context) => {
    if (!built) context.skip('needs a build: npm run build');
    if (!machine.linux) context.skip('needs Linux: files are backed up there alone');
    scratch = mkdtempSync(join(tmpdir(), 'winback-faults-'));
  });
  afterEach(() => {
    for (const folder of mounted.splice(0)) spawnSync('umount', ['-l', folder]);
    // Node's own rmSync stops at paths of 4,096 bytes.
    if (scratch !== '') execFileSync('rm', ['-rf', scratch]);
    scratch = '';
  });
}

/** Runs the built program. */
export async function run(argv: readonly string[], { user, env, onOutput, onStart }: RunOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [programFile, ...argv], {
    cwd: scratch,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Another user has no business in this one's home.
    env: env ?? (user === undefined ? process.env : { ...process.env, HOME: scratch }),
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onOutput?.(stderr, child);
  });
  onStart?.(child);
  const [code, signal] = await ended;
  return { code, signal, stdout, stderr };
}

/** Runs it with `--json` and parses what it prints. */
export async function json(argv: readonly string[], options: RunOptions = {}): Promise<Document & { readonly code: number | null }> {
  const { code, stdout } = await run([...argv, '--json'], options);
  return { ...(JSON.parse(stdout) as Document), code };
}

export const backup = (include: string | readonly string[], target = 'x.bkf'): string[] => [
  'start',
  'backup',
  '--include',
  ...(typeof include === 'string' ? [include] : include),
  '--backup-target',
  target,
];
export const recovery = (items: string | readonly string[], to = 'out', target = 'x.bkf'): string[] => [
  'start',
  'recovery',
  '--version',
  'latest',
  '--items',
  ...(typeof items === 'string' ? [items] : items),
  '--recovery-target',
  to,
  '--backup-target',
  target,
];
export const verify = (...more: readonly string[]): string[] => ['verify', '--backup-target', 'x.bkf', ...more];
export const listItems = ['get', 'items', '--version', 'latest', '--backup-target', 'x.bkf'] as const;

/** Runs a shell script in the scratch folder and answers what it prints; names stay bytes. */
export const sh = (script: string): string =>
  execFileSync('bash', ['-euc', script], { cwd: scratch, maxBuffer: 1 << 28, encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'] });

/** Everything that find(1) and getfattr(1) see of what a folder holds, times of last write to the nanosecond. */
export const factsOf = (folder: string): readonly string[] =>
  sh(
    `cd ${folder}; find . -printf '%P|%y|%m|%U:%G|%l|%T@|' \\( -type d -printf '\\0' -o -printf '%s|%n\\0' \\) | sort -z; getfattr -hRd -m - -e hex . 2>&1 || true`,
  ).split('\0');

/** A file system of a few megabytes in memory; the test is skipped where none may be mounted. */
export function mountSmall(context: TestContext, size: string, name = 'disk'): string {
  const folder = join(scratch, name);
  const done = machine.root && spawnSync('sh', ['-c', `mkdir '${folder}' && mount -t tmpfs -o size=${size} none '${folder}'`]).status === 0;
  if (!done) context.skip('needs root and the right to mount a tmpfs');
  mounted.push(folder);
  return folder;
}
