// Runs code of the workspace as Windows code, on Linux: Windows' own node.exe under Wine, with the sources of all packages transpiled
// and koffi's Windows binary. What that proves: marshalling, structure layouts, error numbers, files, links, registry. What it cannot:
// calls that Wine answers with a stub, for example BackupRead and real shadow copies; tests name those.
//
// Everything it needs is made once, in a folder outside of git, $WINBACK_WINE_CACHE or node_modules/.cache/winback-wine: a Wine
// prefix that says it is Windows 10, node.exe from npm (checked against its sha512), the packages. Runs of several processes wait for
// one another. What is missing (Wine, mingw, a registry that has node.exe) is a WineUnavailable, with a message to skip tests with.
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { compileDll, fakeTape, prepare, runWine, wineEnvironment, WineUnavailable } from './prepare.mjs';

export { WineUnavailable };

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cache = resolve(process.env['WINBACK_WINE_CACHE'] || join(root, 'node_modules', '.cache', 'winback-wine'));
/** How long Wine's server stays for the next run: starting anew costs a second. */
const SERVER_SECONDS = 20;
const TIMEOUT_MS = 120_000;
/** The exit code of a script that had to be stopped. */
const KILLED = 124;

/** A path of this system as Windows programs under Wine see it. */
const windowsPath = (path) => `Z:${resolve(path).replaceAll('/', '\\')}`;

/**
 * Runs a TypeScript file of a package (packages/NAME/src or test; apps/NAME/test) in Windows' Node.js. Answers its exit code and what it printed.
 * `dlls`: C files that are compiled first; the script finds each DLL's path in the environment, `mock.c` in WINBACK_DLL_MOCK.
 * `tape`: a C file that is a tape drive for it; WINBACK_NO_TAPE says why there is none.
 * @throws WineUnavailable
 */
export async function runUnderWine(script, args = [], { env = {}, timeout = TIMEOUT_MS, dlls = [], tape } = {}) {
  const [, name, path] = /^(?:packages|apps)\/([^/]+)\/(.+)\.ts$/.exec(relative(root, resolve(script))) ?? [];
  if (name === undefined) throw new TypeError(`${script} is no TypeScript file of a package`);
  return withLock(cache, async () => {
    const { prefix, node, packages } = await prepare(root, cache);
    const built = {};
    for (const dll of dlls) {
      const variable = `WINBACK_DLL_${basename(dll, '.c').toUpperCase().replaceAll('-', '_')}`;
      built[variable] = windowsPath(await compileDll(resolve(dll), cache));
    }
    const file = join(packages, '@winback', name, `${path}.js`);
    const drive = tape === undefined ? {} : await fakeTape(resolve(tape), cache, prefix);
    const environment = { ...wineEnvironment(prefix), ...built, ...drive, ...env };
    await clearTemporaryFiles(prefix);
    await runWine('wineserver', [`-p${SERVER_SECONDS}`], environment); // not 0 when it runs already
    return runNode(node, [windowsPath(file), ...args], environment, timeout);
  });
}

/** What earlier scripts left, among it what Node.js has no name for, and paths that are longer than it can reach. */
async function clearTemporaryFiles(prefix) {
  const users = join(prefix, 'drive_c', 'users');
  for (const user of readdirSync(users)) {
    const folder = join(users, user, 'Temp');
    if (!existsSync(folder) || readdirSync(folder).length === 0) continue;
    await runWine('rm', ['-rf', folder], process.env);
    mkdirSync(folder);
  }
}

/** Ends Wine's server at once, which would leave by itself soon after the last run. */
export async function stopWine() {
  await withLock(cache, async () => {
    const { prefix } = await prepare(root, cache);
    await runWine('wineserver', ['-k', '-w'], wineEnvironment(prefix)); // not 0 when none runs
  });
}

/** Output goes through a file: a pipe of Linux is no handle that Windows' Node.js can write to. */
async function runNode(node, args, env, timeout) {
  const folder = mkdtempSync(join(tmpdir(), 'winback-wine-'));
  const file = join(folder, 'output');
  const output = openSync(file, 'a');
  try {
    const code = await runWine('wine', [node, ...args], env, { timeout, output });
    if (typeof code === 'number') return { code, stdout: readFileSync(file, 'utf8') };
    await runWine('wineserver', ['-k', '-w'], env);
    return { code: KILLED, stdout: `${readFileSync(file, 'utf8')}\nstopped by ${code} after at most ${timeout} ms` };
  } finally {
    closeSync(output);
    rmSync(folder, { recursive: true, force: true });
  }
}
