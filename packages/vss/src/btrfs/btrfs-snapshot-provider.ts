import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import {
  describeNodeError,
  isSnapshotFolder,
  isWinbackError,
  nodeErrno,
  SnapshotError,
  type Platform,
  type Random,
  type SnapshotProvider,
  type SnapshotSet,
  type SnapshotSupport,
  type VolumeIdentity,
} from '@winback/core';
import { makeSnapshotFolder, removeLeftovers, removeSnapshotFolder, snapshotIn } from './snapshot-folder.js';
import { nestedSubvolumes, SUBVOLUME_ROOT_INODE } from './subvolume.js';

const CAP_SYS_ADMIN = 21n;
/** ioctl numbers are made differently there. */
const OTHER_IOCTLS = new Set(['mips', 'mipsel', 'ppc', 'ppc64']);
const no = (reason: string): SnapshotSupport => ({ supported: false, reason });

/** Read-only snapshots of btrfs subvolumes, kept inside of the volume while a job runs. Needs no program of btrfs's. */
export class BtrfsSnapshotProvider implements SnapshotProvider {
  readonly name = 'btrfs';
  readonly priority = 100;

  constructor(
    private readonly platform: Platform,
    private readonly random: Random,
  ) {}

  supports({ root, fileSystem }: VolumeIdentity): SnapshotSupport {
    const { os, arch } = this.platform;
    if (fileSystem !== 'btrfs') return no(`${fileSystem || 'this file system'} makes no snapshots that Winback knows of`);
    if (os !== 'linux' || OTHER_IOCTLS.has(arch)) return no(`btrfs snapshots are not available on ${os} ${arch}`);
    try {
      if (statSync(root, { bigint: true }).ino !== SUBVOLUME_ROOT_INODE)
        return no('only a folder of a btrfs subvolume is mounted here, and snapshots are of whole subvolumes');
      accessSync(root, constants.W_OK);
    } catch (error) {
      return no(
        nodeErrno(error) === 'EROFS' ? 'the volume is read-only, and a btrfs snapshot is made inside of it' : describeNodeError(error),
      );
    }
    if (!mayAdminister()) return no('btrfs snapshots need the rights of root (CAP_SYS_ADMIN)');
    return nestedSupport(root);
  }

  create(volumes: readonly VolumeIdentity[]): SnapshotSet {
    const id = this.#newId();
    const set = new BtrfsSnapshotSet(id);
    try {
      for (const volume of volumes) {
        const support = this.supports(volume);
        if (!support.supported)
          throw new SnapshotError('SNAPSHOT_FAILED', `${volume.root}: no snapshot: ${support.reason}`, { volume: volume.root });
        removeLeftovers(volume.root);
        set.add(volume, makeSnapshotFolder(volume.root, id));
      }
    } catch (error) {
      set.remove();
      if (isWinbackError(error)) throw error;
      throw new SnapshotError('SNAPSHOT_FAILED', `no snapshot: ${describeNodeError(error)}`, { errno: nodeErrno(error) }, { cause: error });
    }
    return set;
  }

  #newId(): string {
    const bytes = new Uint8Array(16);
    this.random.fill(bytes);
    return Buffer.from(bytes).toString('hex');
  }
}

class BtrfsSnapshotSet implements SnapshotSet {
  readonly provider = 'btrfs';
  readonly #folders = new Map<string, string>();
  constructor(readonly id: string) {}

  add(volume: VolumeIdentity, folder: string): void {
    this.#folders.set(volume.root, folder);
  }

  rootOf({ root }: VolumeIdentity): string {
    const folder = this.#folders.get(root);
    if (folder === undefined) throw new RangeError(`volume: ${root} is not part of this snapshot set`);
    return snapshotIn(folder);
  }

  /** Removes every snapshot, also when one of them cannot be. */
  remove(): void {
    const problems: unknown[] = [];
    for (const [root, folder] of this.#folders) {
      try {
        removeSnapshotFolder(folder);
        this.#folders.delete(root);
      } catch (error) {
        problems.push(error);
      }
    }
    if (problems.length > 0) throw problems[0] as Error;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve().then(() => {
      this.remove();
    });
  }
}

/** Subvolumes inside of a subvolume are empty folders in its snapshot: reading from it would lose what they hold. */
function nestedSupport(root: string): SnapshotSupport {
  let nested: string[];
  try {
    nested = nestedSubvolumes(root).filter((path) => !isSnapshotFolder(path.split('/')[0] ?? ''));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return no(`whether subvolumes lie inside of it cannot be found out: ${error.message}`);
  }
  if (nested.length === 0) return { supported: true };
  const named = nested.slice(0, 3).join(', ') + (nested.length > 3 ? `, … (${String(nested.length)} in all)` : '');
  return no(
    `subvolumes lie inside of it, which its snapshot would leave out: ${named}; mounted at a place of their own they are volumes of their own`,
  );
}

function mayAdminister(): boolean {
  const [, mask] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}
