import { DOT_DOT, libc, Open, type CPath } from '../../ffi/libc.js';
import { sameFile, StatxBuffer, type FileIdentity } from '../../ffi/statx.js';

/** Folders kept open at once. A path may be thousands of folders deep, a process may not have that many files open. */
const OPEN_LIMIT = 64;

export const OPEN_FOLDER = Open.RDONLY | Open.DIRECTORY | Open.NOFOLLOW | Open.NONBLOCK | Open.CLOEXEC;

interface Level {
  readonly name: CPath;
  readonly identity: FileIdentity;
  /** -1 while it is closed. */
  fd: number;
}

/**
 * The folders from a first one down to the current one, as open files, so that no path is ever resolved anew. Those far above the
 * current one are closed, and opened again on the way back: through `..`, or by name from above, and only if they are still the
 * same folders.
 */
export class FolderChain implements Disposable {
  readonly #levels: Level[] = [];
  readonly #statx = new StatxBuffer();
  readonly #libc = libc();

  get depth(): number {
    return this.#levels.length;
  }

  /** The current folder. */
  get fd(): number {
    return this.#levels.at(-1)?.fd ?? -1;
  }

  get identity(): FileIdentity | undefined {
    return this.#levels.at(-1)?.identity;
  }

  /** Goes down into a folder that is open as `fd`, which belongs to the chain from now on. */
  push(name: CPath, fd: number, identity: FileIdentity): void {
    this.#levels.push({ name: name.slice(), identity, fd });
    const far = this.#levels[this.#levels.length - 1 - OPEN_LIMIT];
    if (far && this.#levels.length - 1 > OPEN_LIMIT) this.#close(far); // never the first
  }

  /** Goes up. False: the folder above is no longer where it was, and {@link fd} is -1. */
  pop(): boolean {
    const left = this.#levels.pop();
    if (!left) return false;
    const above = this.#levels.at(-1);
    if (above?.fd === -1) above.fd = this.#reopen(left.fd, above);
    this.#close(left);
    return above === undefined || above.fd >= 0;
  }

  [Symbol.dispose](): void {
    for (const level of this.#levels) this.#close(level);
    this.#levels.length = 0;
  }

  #reopen(below: number, level: Level): number {
    if (below >= 0) {
      const fd = this.#openSame(below, DOT_DOT, level);
      if (fd >= 0) return fd;
    }
    // Down again from the nearest one that is open; the first always is.
    let index = this.#levels.indexOf(level);
    while (index > 0 && this.#levels[index]!.fd < 0) index--;
    let from = this.#levels[index]!.fd;
    const nearest = from;
    while (from >= 0 && this.#levels[index] !== level) {
      const next = this.#openSame(from, this.#levels[index + 1]!.name, this.#levels[index + 1]!);
      if (from !== nearest) this.#libc.close(from);
      from = next;
      index++;
    }
    return from;
  }

  #openSame(folder: number, name: CPath, level: Level): number {
    const fd = this.#libc.openat(folder, name, OPEN_FOLDER, 0);
    if (fd < 0) return -1;
    if (this.#statx.readOpen(fd) && sameFile(this.#statx.identity(), level.identity)) return fd;
    this.#libc.close(fd);
    return -1;
  }

  #close(level: Level): void {
    if (level.fd >= 0) this.#libc.close(level.fd);
    level.fd = -1;
  }
}
