import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemPlatform } from '../ports/platform.js';

/** How a file system is made and mounted for a test. */
export interface ImageKind {
  /** As mount(8) calls it, and as tests do. */
  readonly type: string;
  /** The program that makes it, and its arguments; the image's path comes last. */
  readonly mkfs: readonly string[];
  /** As truncate(1) takes it. */
  readonly size: string;
  /** Mount options besides `loop`. */
  readonly options?: string;
}

export const IMAGE_KINDS = {
  ext4: { type: 'ext4', mkfs: ['mkfs.ext4', '-q', '-O', 'ea_inode', '-I', '256'], size: '64M' },
  btrfs: { type: 'btrfs', mkfs: ['mkfs.btrfs', '-q'], size: '120M' },
  xfs: { type: 'xfs', mkfs: ['mkfs.xfs', '-q'], size: '320M' },
  ntfs: { type: 'ntfs-3g', mkfs: ['mkntfs', '-q', '-F', '-f'], size: '64M' },
} as const satisfies Record<string, ImageKind>;

/** A file system in a file of its own, mounted. */
export interface MountedImage {
  /** Where it is mounted. */
  readonly folder: string;
  /** The file that holds it. */
  readonly image: string;
  /** Mounts it anew, so that nothing is answered from a cache. */
  readonly remount: (options?: string) => void;
  /** Takes it off, the image stays. */
  readonly detach: () => void;
  readonly unmount: () => void;
}

/** Mounts one, or says why that cannot be done here. */
export function mountImage(kind: ImageKind): MountedImage | { readonly reason: string } {
  const { os, userId } = systemPlatform();
  const [mkfs = ''] = kind.mkfs;
  if (os !== 'linux' || userId !== 0) return { reason: `needs root and Linux to mount ${kind.type}` };
  if (spawnSync('sh', ['-c', `command -v ${mkfs}`]).status !== 0) return { reason: `needs ${mkfs}` };
  const home = mkdtempSync(join(tmpdir(), 'winback-image-'));
  const [image, folder] = [join(home, 'image'), join(home, 'mounted')];
  const run = (command: string, ...args: readonly string[]): void => {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const mount = (options = kind.options): void => {
    run('mount', '-t', kind.type, '-o', options === undefined ? 'loop' : `loop,${options}`, image, folder);
  };
  const detach = (): void => {
    if (spawnSync('mountpoint', ['-q', folder]).status !== 0) return;
    run('umount', folder);
    // FUSE goes on writing after umount(8) has ended; its loop device goes with it.
    for (let i = 0; i < 200 && loopDevices(image) !== ''; i++) spawnSync('sleep', ['0.05']);
  };
  const unmount = (): void => {
    spawnSync('umount', ['-l', folder]);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    run('mkdir', folder);
    run('truncate', '-s', kind.size, image);
    run(mkfs, ...kind.mkfs.slice(1), image);
    mount();
    const remount = (options?: string): void => {
      detach();
      mount(options);
    };
    return { folder, image, remount, detach, unmount };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    unmount();
    return { reason: `this system does not mount ${kind.type}: ${error.message.split('\n').slice(0, 2).join(' ')}` };
  }
}

const loopDevices = (image: string): string => spawnSync('losetup', ['-j', image], { encoding: 'utf8' }).stdout;
