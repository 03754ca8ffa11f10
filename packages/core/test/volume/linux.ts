import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemPlatform } from '../../src/ports/index.js';
import { readTree, recoverTree, type TestTree } from '../../src/testing/index.js';
import { PortableVolumeDriver, type FileProblem, type OverwriteMode } from '../../src/volume/index.js';

export const driver = new PortableVolumeDriver();
export const isLinux = systemPlatform().os === 'linux';
export const isRoot = isLinux && systemPlatform().userId === 0;

export const makeFolder = (parent = tmpdir()): string => mkdtempSync(join(parent, 'volume-'));
/** Node's own rmSync stops at paths of 4,096 bytes. */
export const removeFolder = (folder: string): void => {
  execFileSync('rm', ['-rf', folder]);
};

/** Runs a shell script in a folder and answers what it prints; names stay bytes. */
export const sh = (folder: string, script: string): string =>
  execFileSync('bash', ['-euc', script], { cwd: folder, maxBuffer: 1 << 28, encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'] });

export const hasCommand = (name: string): boolean => isLinux && spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;

/** A file system in a file, mounted; undefined where that is not permitted or its tools are missing. */
export function mountImage(
  type: string,
  mkfs: readonly string[],
  size: string,
  options = 'loop',
): { folder: string; unmount: () => void } | undefined {
  if (!isRoot || !hasCommand(mkfs[0] ?? '')) return undefined;
  const home = makeFolder();
  const [image, folder] = [join(home, 'image'), join(home, 'mounted')];
  const unmount = (): void => {
    if (existsSync(folder)) spawnSync('umount', ['-l', folder]);
    removeFolder(home);
  };
  try {
    sh(home, `truncate -s ${size} image; mkdir mounted; ${mkfs.join(' ')} ${image} >&2; mount -t ${type} -o ${options} ${image} ${folder}`);
    return { folder, unmount };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    unmount();
    return undefined;
  }
}

/** Reads a tree and recovers it elsewhere. */
export function copyTree(
  from: string,
  to: string,
  overwrite: OverwriteMode = 'overwrite',
): { tree: TestTree; problems: readonly FileProblem[] } {
  const tree = readTree(driver, from);
  return { tree, problems: recoverTree(driver, to, tree.files.values(), overwrite) };
}

/** Everything that find(1) and getfattr(1) see, times of last write to the nanosecond, one line for each file. */
export const seenBySystem = (folder: string): string =>
  sh(
    folder,
    `find . -printf '%P|%y|%m|%U:%G|%n|%l|%T+|' -a \\( -type f -printf '%s' -o -true \\) -printf '\\0' | sort -z; getfattr -hRd -m - -e hex . 2>/dev/null || true`,
  );
