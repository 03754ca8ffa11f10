import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The machine cannot be had here; `message` says what is missing. */
export class TapeVmUnavailable extends Error {}

/** Where a kernel is found that simulates tape drives (6.15 or newer), and the key that Debian signs it with. */
const SUITE = 'trixie-backports';
const META_PACKAGE = 'linux-image-amd64';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const MODULES = [
  'virtio_pci', '9pnet_virtio', '9p', 'overlay', 'crc32c_generic', 'crc32c-cryptoapi', 'st', 'sg', 'iscsi_tcp', 'scsi_debug',
]; // prettier-ignore
/** Long enough for a slow mirror. */
const STEP_TIMEOUT_MS = 300_000;

async function step(program, args, options = {}) {
  try {
    return (await run(program, args, { timeout: STEP_TIMEOUT_MS, maxBuffer: 64 << 20, ...options })).stdout;
  } catch (error) {
    const why = (error.stderr?.toString().trim().split('\n').at(-1) || error.message).slice(0, 300);
    throw new TapeVmUnavailable(`${basename(program)} ${args[0]}: ${why}`, { cause: error });
  }
}

/** Debian's mirror, as this machine's apt has it. */
async function mirror() {
  const uris = await step('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']);
  const found = uris.split('\n').find((uri) => /\/debian\/?$/.test(uri));
  if (found === undefined) throw new TapeVmUnavailable("needs a mirror of Debian among apt's sources");
  return found;
}

/** apt with lists and a cache of its own: what this machine has installed stays as it is. */
async function privateApt(folder) {
  for (const part of ['lists/partial', 'archives/partial']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${await mirror()} ${SUITE} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/nonexistent',
    'Dir::State': folder,
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const file = join(folder, 'apt.conf');
  writeFileSync(file, Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`).join('')); // prettier-ignore
  const options = { env: { ...process.env, APT_CONFIG: file, LC_ALL: 'C' }, cwd: folder };
  await step('apt-get', ['-qq', 'update'], options);
  return (program, ...args) => step(program, args, options);
}

/** The packages that a kernel consists of today. */
async function kernelPackages(apt) {
  const found = new Set();
  const waiting = [META_PACKAGE];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const depends = await apt('apt-cache', 'depends', name);
    for (const [, other] of depends.matchAll(/Depends: (linux-(?:image|binary|modules)-\S+)/g)) {
      if (!found.has(other)) waiting.push(other);
      found.add(other);
    }
  }
  if (found.size === 0) throw new TapeVmUnavailable(`${SUITE} has no ${META_PACKAGE}`);
  return [...found];
}

const underscores = (name) => name.replaceAll('-', '_');

/** Fetches Debian's kernel into `folder`: vmlinuz, modules/NAME.ko, and modules/order, in which they can be loaded. */
export async function fetchKernel(folder) {
  const [work, modules] = [join(folder, 'work'), join(folder, 'modules')];
  for (const path of [work, modules]) mkdirSync(path, { recursive: true });
  const apt = await privateApt(join(work, 'apt'));
  await apt('apt-get', '-qq', 'download', ...(await kernelPackages(apt)));
  for (const file of readdirSync(join(work, 'apt')).filter((name) => name.endsWith('.deb'))) {
    await step('dpkg-deb', ['-x', join(work, 'apt', file), join(work, 'root')]);
  }
  const files = readdirSync(join(work, 'root'), { recursive: true });
  const image =
    files.find((path) => /(^|\/)vmlinuz[^/]*$/.test(path) && !path.includes('modules/')) ?? files.find((path) => path.endsWith('/vmlinuz'));
  if (image === undefined) throw new TapeVmUnavailable(`the kernel of ${SUITE} has no image`);
  writeFileSync(join(folder, 'vmlinuz'), readFileSync(join(work, 'root', image)));
  const byName = new Map(
    files.flatMap((path) => (/\.ko(\.xz)?$/.test(path) ? [[underscores(basename(path).replace(/\.ko.*/, '')), path]] : [])),
  );
  const order = [];
  const seen = new Set();
  const add = async (name) => {
    const path = byName.get(underscores(name));
    if (path === undefined || seen.has(name)) return; // built into the kernel
    seen.add(name);
    const from = join(work, 'root', path);
    const bytes = path.endsWith('.xz') ? await step('xz', ['-dc', from], { encoding: 'buffer' }) : readFileSync(from);
    const depends = /\0?depends=([^\0]*)\0/.exec(bytes.toString('latin1'))?.[1] ?? '';
    for (const other of depends.split(',').filter(Boolean)) await add(other);
    writeFileSync(join(modules, `${underscores(name)}.ko`), bytes);
    if (name !== 'scsi_debug') order.push(underscores(name));
  };
  for (const name of MODULES) await add(name);
  if (!existsSync(join(modules, 'scsi_debug.ko'))) throw new TapeVmUnavailable(`the kernel of ${SUITE} has no scsi_debug`);
  writeFileSync(join(modules, 'order'), order.join('\n'));
  rmSync(work, { recursive: true });
}
