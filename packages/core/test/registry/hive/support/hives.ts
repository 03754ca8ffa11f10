import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { isWinbackError } from '../../../../src/errors/index.js';
import { joinKey, type RegistryStore } from '../../../../src/registry/registry-store.js';

/** Hives of Windows systems and of other programs; they are not ours to publish. */
const SAMPLES = join(process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../../../../shared/samples'), 'hives');
export const noSamples = existsSync(SAMPLES) ? '' : ' (skipped: WINBACK_SAMPLES has no hives)';
export const lacks = (program: string, debianPackage: string): string =>
  spawnSync('which', [program]).status === 0 ? '' : ` (skipped: ${program} is not installed; it is in Debian's ${debianPackage})`;

/** A folder that goes away with the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'winback-hive-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const isLog = (name: string): boolean => /\.LOG[12]?(\.xz)?$/i.test(name);

/** The names of all sample hives, with those in folders; without logs. */
export const sampleNames = noSamples
  ? []
  : readdirSync(SAMPLES)
      .flatMap((name) =>
        statSync(join(SAMPLES, name)).isDirectory() ? readdirSync(join(SAMPLES, name)).map((below) => `${name}/${below}`) : [name],
      )
      .filter((name) => !isLog(name))
      .sort();

/** A copy of a sample hive that may be written, with its logs unless `alone`; unpacked. */
export function sampleHive(name: string, folder: string, alone = false): string {
  const [parent = '', leaf = name] = name.includes('/') ? name.split('/') : ['', name];
  const from = join(SAMPLES, parent);
  const bare = leaf.replace(/\.xz$/, '');
  for (const file of readdirSync(from)) {
    if (file !== leaf && (alone || !isLog(file) || !file.startsWith(`${bare}.`))) continue;
    const to = join(folder, file.replace(/\.xz$/, ''));
    if (file.endsWith('.xz')) writeFileSync(to, execFileSync('xz', ['-dc', join(from, file)], { maxBuffer: 1 << 28 }));
    else copyFileSync(join(from, file), to);
    chmodSync(to, 0o644);
  }
  return join(folder, bare);
}

export interface Plain {
  readonly name: string;
  readonly lastWrite: bigint | undefined;
  readonly className: string | undefined;
  readonly security: string | undefined;
  /** `type:hex` by name. */
  readonly values: Readonly<Record<string, string>>;
}

export interface Contents {
  /** By path, in the order of the walk. */
  readonly keys: Map<string, Plain>;
  readonly problems: string[];
}

/** Everything in a store that can be read, and what is said about the rest. */
export function contentsOf(store: RegistryStore): Contents {
  const keys = new Map<string, Plain>();
  const problems: string[] = [];
  const told = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!isWinbackError(error, 'REGISTRY_DAMAGED')) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const rest = [''];
  for (let path = rest.pop(); path !== undefined; path = rest.pop()) {
    const here = path;
    const key = told(() => store.key(here));
    if (!key) continue;
    const values: Record<string, string> = {};
    told(() => {
      for (const { name, type, data } of key.values()) values[name] = `${String(type)}:${Buffer.from(data).toString('hex')}`;
    });
    keys.set(here, {
      name: key.name,
      lastWrite: key.lastWrite,
      className: told(() => key.className),
      security: told(() => key.securityDescriptor && Buffer.from(key.securityDescriptor).toString('hex')),
      values,
    });
    const below: string[] = [];
    told(() => {
      for (const name of key.subkeys()) below.push(joinKey(here, name));
    });
    rest.push(...below.reverse());
  }
  return { keys, problems };
}

/** A number of runs, more with FUZZ_RUNS. */
export const runsOf = (usual: number): number => Number(process.env['FUZZ_RUNS'] ?? usual);
