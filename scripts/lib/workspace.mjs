// Brings a checkout up to date: installs packages and builds, each only when its input changed. Needs Node and npm alone.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const installStamp = join(root, 'node_modules', '.winback-installed');
const buildStamp = join(root, '.turbo', 'winback-built');
const lockFile = join(root, '.turbo', 'winback.lock');
const toolEnv = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };

/** A step that failed: its output is for the user, its stack is not. */
export class StepFailed extends Error {}

/** Runs `main` and sets the exit code; a failed step prints its output and nothing else. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Folders of the workspace's packages, relative to the root. */
function packageFolders() {
  return ['packages', 'apps'].flatMap((parent) =>
    existsSync(join(root, parent))
      ? readdirSync(join(root, parent))
          .filter((name) => existsSync(join(root, parent, name, 'package.json')))
          .map((name) => `${parent}/${name}`)
      : [],
  );
}

/** Installs and builds whatever is out of date. Says so on stderr in one line; shows the tools' output only when they fail. */
export async function prepare({ build = true } = {}) {
  const upToDate = () => isInstalled() && (!build || isBuilt());
  if (upToDate()) return;
  const release = await acquireLock(upToDate);
  try {
    if (!isInstalled()) await install();
    if (build && !isBuilt()) await buildAll();
  } finally {
    release();
  }
}

/** Runs `node FILE ARGS` in the root with the caller's terminal; `withPnpm` puts the pinned pnpm on the PATH. Resolves to the exit code. */
export async function runNode(args, { withPnpm = false, env = {} } = {}) {
  const [command, ...rest] = withPnpm ? pnpmShell([process.execPath, ...args]) : [process.execPath, ...args];
  const child = spawn(command, rest, { cwd: root, env: { ...toolEnv, ...env }, stdio: 'inherit', shell: needsShell(command) });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** The turbo command for `task`, to be run with `runNode(…, { withPnpm: true })`. */
export const turbo = (task) => [
  'node_modules/turbo/bin/turbo',
  'run',
  task,
  '--continue',
  '--output-logs=errors-only',
  '--log-order=grouped',
];

function isInstalled() {
  return readStamp(installStamp) === installKey();
}

async function install() {
  note('installing packages (once) …');
  const pnpm = onPath() ? ['pnpm'] : npm('exec', '--yes', '--loglevel=error', `pnpm@${pnpmVersion()}`, '--');
  await step('installing packages', [...pnpm, 'install', '--frozen-lockfile', '--prefer-offline']);
  writeStamp(installStamp, installKey());
}

function installKey() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  const manifests = packageFolders().map((folder) => `${folder}/package.json`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]) hash.update(`\0${file}\0`).update(read(file));
  return hash.digest('hex');
}

function isBuilt() {
  return readStamp(buildStamp) === buildKey() && packageFolders().every((folder) => existsSync(join(root, folder, 'dist')));
}

async function buildAll() {
  note('building …');
  const key = buildKey();
  await step('building', pnpmShell([process.execPath, ...turbo('build')]));
  writeStamp(buildStamp, key);
}

/** Names, sizes and times of everything a build reads: cheap enough to compute at each start. */
function buildKey() {
  const hash = createHash('sha256');
  const add = (file) => {
    const facts = statSync(join(root, file));
    hash.update(`${file}\0${facts.size}\0${facts.mtimeMs}\n`);
  };
  ['tsconfig.base.json', 'turbo.json', 'pnpm-lock.yaml', 'scripts/compile.mjs'].forEach(add);
  for (const folder of packageFolders()) {
    ['package.json', 'tsconfig.json', 'tsconfig.build.json'].forEach((file) => add(`${folder}/${file}`));
    if (!existsSync(join(root, folder, 'src'))) continue;
    for (const entry of readdirSync(join(root, folder, 'src'), { recursive: true }).sort()) add(`${folder}/src/${entry}`);
  }
  return hash.digest('hex');
}

const read = (file) => readFileSync(join(root, file));
const readStamp = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
const note = (text) => process.stderr.write(`winback: ${text}\n`);

function writeStamp(file, key) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, key);
}

function pnpmVersion() {
  return JSON.parse(read('package.json').toString()).packageManager.replace(/^pnpm@|\+.*$/g, '');
}

/** Asked outside the checkout, where pnpm would not switch to the pinned version; a Corepack shim must not download one either. */
function onPath() {
  const env = { ...process.env, COREPACK_ENABLE_NETWORK: '0' };
  const { stdout } = spawnSync('pnpm', ['--version'], { cwd: tmpdir(), env, encoding: 'utf8', shell: needsShell('pnpm') });
  return stdout?.trim() === pnpmVersion();
}

/** `command` with the pinned pnpm on its PATH: turbo runs every package's script through it. */
function pnpmShell(command) {
  return onPath() ? command : npm('exec', '--yes', '--loglevel=error', `--package=pnpm@${pnpmVersion()}`, '--', ...command);
}

function npm(...args) {
  const cli = process.env['npm_execpath'];
  return cli !== undefined && basename(cli) === 'npm-cli.js' ? [process.execPath, cli, ...args] : ['npm', ...args];
}

/** Windows starts npm and pnpm through .cmd files, which only its shell can run. */
const needsShell = (command) => process.platform === 'win32' && !/[\\/]/.test(command);

async function step(what, [command, ...args]) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...toolEnv, FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: needsShell(command),
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const ended = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit ${code}`)));
  });
  if (ended !== undefined) throw new StepFailed(`${Buffer.concat(output).toString().trimEnd()}\nwinback: ${what} failed (${ended})`);
}

/** Two commands at once must not install or build over each other: the second waits, and usually finds nothing left to do. */
async function acquireLock(done) {
  mkdirSync(dirname(lockFile), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return () => rmSync(lockFile, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!holderLives()) rmSync(lockFile, { force: true });
    else await sleep(200);
    if (done()) return () => undefined;
  }
}

function holderLives() {
  const pid = Number(readStamp(lockFile));
  if (!(pid > 0)) return existsSync(lockFile) && Date.now() - statSync(lockFile).mtimeMs < 5000;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
