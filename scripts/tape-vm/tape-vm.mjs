// Runs code of the workspace in a virtual machine that has two tape drives of Linux' own driver, st: /dev/nst0, which the kernel
// simulates (scsi_debug: positions, partitions, an early warning, and only four bytes of each block), and /dev/nst1, tgt's over iSCSI
// (all data, but no positions). The machine sees the files of this one, read-only, and forgets what it writes.
//
// The kernel is Debian's, from apt; it is fetched once, into $WINBACK_TAPE_VM_CACHE or node_modules/.cache/winback-tape-vm. What is
// missing is a TapeVmUnavailable, with a message to skip tests with.
import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../wine/lock.mjs';
import { outsideDependencies, transpilePackages } from '../wine/sources.mjs';
import { cpio } from './cpio.mjs';
import { fetchKernel, TapeVmUnavailable } from './kernel.mjs';

export { TapeVmUnavailable };

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const cache = resolve(process.env['WINBACK_TAPE_VM_CACHE'] || join(root, 'node_modules', '.cache', 'winback-tape-vm'));
const TIMEOUT_MS = 180_000;
/** The exit code of a machine that had to be stopped. */
const KILLED = 124;

/** What the machine is made of, and the Debian package of each. */
const PROGRAMS = {
  'qemu-system-x86_64': 'qemu-system-x86', busybox: 'busybox-static', tgtd: 'tgt', iscsistart: 'open-iscsi', 'mt-st': 'mt-st', xz: 'xz-utils',
  'apt-get': 'apt',
}; // prettier-ignore
const BUSYBOX_LINKS = ['sh', 'mount', 'mkdir', 'insmod', 'cat', 'sleep', 'ip', 'chroot', 'poweroff', 'echo', 'sync'];

/** Where a program is; administrators' folders are looked through as well. */
function find(program) {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const path of folders.map((folder) => join(folder, program))) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch (error) {
      if (!('code' in error)) throw error;
    }
  }
  return undefined;
}

function requireMachine() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new TapeVmUnavailable('the machine with tape drives needs Linux on x64');
  if (process.geteuid() !== 0) throw new TapeVmUnavailable('the machine with tape drives needs root, who may read every file of this one');
  const missing = Object.keys(PROGRAMS).filter((program) => find(program) === undefined);
  if (missing.length > 0)
    throw new TapeVmUnavailable(`needs ${missing.join(', ')} (Debian: ${missing.map((name) => PROGRAMS[name]).join(' ')})`);
}

/** The kernel, once: complete or not there. */
async function kernel() {
  const folder = join(cache, 'kernel');
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  await fetchKernel(partial);
  renameSync(partial, folder);
  return folder;
}

/** What the machine boots from: busybox, modules, and where the job lies. */
function initrd(from, job) {
  const folders = ['bin', 'proc', 'sys', 'dev', 'lower', 'root', 'memory', 'modules'].map((path) => [path]);
  const links = BUSYBOX_LINKS.map((name) => [`bin/${name}`, { link: 'busybox' }]);
  const modules = readdirSync(join(from, 'modules')).map((name) => [`modules/${name}`, readFileSync(join(from, 'modules', name))]);
  const files = [
    ['bin/busybox', readFileSync(find('busybox'))],
    ['init', readFileSync(join(here, 'init.sh'))],
    ['where', Buffer.from(job)],
  ];
  return cpio([...folders, ...files, ...links, ...modules]);
}

/** The packages of the workspace as JavaScript, which find what they depend on. */
function prepareSources() {
  const tree = join(cache, 'packages', 'node_modules');
  mkdirSync(tree, { recursive: true });
  transpilePackages(root, tree);
  for (const name of Object.keys(outsideDependencies(root))) {
    const holder = readdirSync(join(root, 'packages')).find((home) => existsSync(join(root, 'packages', home, 'node_modules', name)));
    const [link, target] = [join(tree, name), realpathSync(join(root, 'packages', holder, 'node_modules', name))];
    rmSync(link, { recursive: true, force: true });
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link);
  }
  return tree;
}

function boot(folder, job, timeout) {
  const share = (path, tag, more) => ['-virtfs', `local,path=${path},mount_tag=${tag},security_model=none${more}`];
  const args = [
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '1280'],
    ...['-display', 'none', '-no-reboot', '-nodefaults', '-nic', 'none', '-serial', 'stdio'],
    ...['-kernel', join(folder, 'vmlinuz'), '-initrd', join(job, 'initrd'), '-append', 'console=ttyS0 quiet panic=-1 mitigations=off'],
    ...share('/', 'host', ',readonly=on,multidevs=remap'),
    ...share(job, 'job', ''),
  ];
  return new Promise((done, failed) => {
    const child = spawn(find('qemu-system-x86_64'), args, { stdio: ['ignore', 'pipe', 'pipe'], timeout, killSignal: 'SIGKILL' });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log = (log + text).slice(-20_000)));
    child.once('error', failed);
    child.once('close', (code, signal) => done({ code, signal, log }));
  });
}

/**
 * Runs a TypeScript file of a package (packages/NAME/src or test) in the machine. Answers its exit code and what it printed.
 * @throws TapeVmUnavailable
 */
export async function runInTapeVm(script, args = [], { timeout = TIMEOUT_MS } = {}) {
  const [, name, path] = /^packages\/([^/]+)\/(.+)\.ts$/.exec(relative(root, resolve(script))) ?? [];
  if (name === undefined) throw new TypeError(`${script} is no TypeScript file of a package`);
  requireMachine();
  mkdirSync(cache, { recursive: true });
  return withLock(cache, async () => {
    const folder = await kernel();
    const tree = prepareSources();
    const job = mkdtempSync(join(cache, 'job-'));
    try {
      const command = [process.execPath, join(tree, '@winback', name, `${path}.js`), ...args];
      writeFileSync(join(job, 'run.sh'), `${command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}\n`);
      copyFileSync(join(here, 'drives.sh'), join(job, 'drives.sh'));
      writeFileSync(join(job, 'initrd'), initrd(folder, job));
      const { signal, log } = await boot(folder, job, timeout);
      const stdout = existsSync(join(job, 'output')) ? readFileSync(join(job, 'output'), 'utf8') : '';
      const code = existsSync(join(job, 'code')) ? Number(readFileSync(join(job, 'code'), 'utf8')) : KILLED;
      if (code !== KILLED) return { code, stdout };
      const why = signal === 'SIGKILL' ? `stopped after ${timeout} ms` : 'the machine ended early';
      return { code, stdout: `${stdout}\n${why}:\n${log}` };
    } finally {
      rmSync(job, { recursive: true, force: true });
    }
  });
}
