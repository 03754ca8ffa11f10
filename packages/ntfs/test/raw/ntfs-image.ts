import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const onPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch (error) {
      if (error instanceof Error) return false;
      throw error;
    }
  });

const missing = (): string => {
  const programs = ['mkntfs', 'ntfs-3g', 'getfattr', 'setfattr'].filter((program) => !onPath(program));
  if (programs.length > 0) return `needs ${programs.join(', ')}`;
  if (process.getuid?.() !== 0) return 'needs root';
  return existsSync('/dev/fuse') ? '' : 'needs /dev/fuse';
};

/** Why volumes of ntfs-3g cannot be made here; '' when they can. */
export const WHY_NOT = missing();
/** For the end of a test's name. */
export const NOT_HERE = WHY_NOT === '' ? '' : ` (skipped: ${WHY_NOT})`;

/** A folder for one test file, taken away when it is disposed of. */
export class Workspace implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'winback-raw-'));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** An image with an empty volume. */
  makeVolume(name: string, mebibytes: number, ...options: string[]): string {
    const image = this.path(name);
    writeFileSync(image, '');
    truncateSync(image, mebibytes * 1024 * 1024);
    execFileSync('mkntfs', ['-F', '-q', '-f', '-L', 'Test volume', ...options, image], { stdio: 'pipe' });
    return image;
  }

  /** Does something with an image that is mounted. */
  async mounted<T>(image: string, options: string, use: (root: string) => T | Promise<T>): Promise<T> {
    const root = this.path(`mnt-${String(Math.random()).slice(2)}`);
    mkdirSync(root);
    const daemon = spawn('ntfs-3g', ['-o', `no_detach,${options}`, image, root], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    daemon.stderr.on('data', (data: Buffer) => (said += data.toString()));
    const exited = once(daemon, 'exit');
    for (let tries = 0; !isMounted(root); tries++) {
      if (tries > 500 || daemon.exitCode !== null) throw new Error(`ntfs-3g does not mount ${image}: ${said}`);
      await sleep(20);
    }
    try {
      return await use(root);
    } finally {
      execFileSync('umount', [root], { stdio: 'pipe' });
      await exited;
      rmSync(root, { recursive: true });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isMounted(root: string): boolean {
  try {
    execFileSync('mountpoint', ['-q', root]);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** An extended attribute of ntfs-3g, or undefined when it says none: it knows no short name of a file with several names,
 * nor of the root. */
export function getXattr(path: string, name: string): Buffer | undefined {
  try {
    return execFileSync('getfattr', ['-h', '--only-values', '--absolute-names', '-n', name, path], {
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 20,
    });
  } catch (error) {
    const text = String((error as { stderr?: unknown }).stderr);
    if (/No such attribute|No data available|Operation not supported|Too many links|ntfs_dos_name: Operation not permitted/.test(text))
      return undefined;
    throw error;
  }
}

export function setXattr(path: string, name: string, value: Uint8Array): void {
  execFileSync('setfattr', ['-h', '-n', name, '-v', `0x${Buffer.from(value).toString('hex')}`, path], { stdio: 'pipe' });
}
