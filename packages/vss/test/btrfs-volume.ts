import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VolumeIdentity } from '@winback/core';

export interface ScratchBtrfs extends VolumeIdentity {
  dispose(): void;
}

/** Runs a program of the system. */
export const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Makes a small btrfs in a file and mounts it. @throws when this system cannot */
export function scratchBtrfs(): ScratchBtrfs {
  const folder = mkdtempSync(join(tmpdir(), 'winback-btrfs-'));
  const image = join(folder, 'image');
  const root = join(folder, 'mount');
  mkdirSync(root);
  try {
    writeFileSync(image, '');
    truncateSync(image, 120 * 1024 * 1024);
    run('mkfs.btrfs', '--quiet', image);
    run('mount', '-o', 'loop', image, root);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  return {
    root,
    fileSystem: 'btrfs',
    device: image,
    dispose() {
      run('umount', root);
      rmdirSync(root); // fails, rather than deleting what is mounted
      rmSync(folder, { recursive: true });
    },
  };
}

/** Why no btrfs can be mounted here, or undefined. */
export function whyNoBtrfs(): string | undefined {
  if (process.geteuid?.() !== 0) return 'needs root, to mount a btrfs';
  if (!existsSync('/usr/sbin/mkfs.btrfs') && !existsSync('/sbin/mkfs.btrfs')) return 'needs mkfs.btrfs (btrfs-progs)';
  try {
    scratchBtrfs().dispose();
    return undefined;
  } catch (error) {
    return `needs a loop device with btrfs: ${error instanceof Error ? error.message : String(error)}`;
  }
}
