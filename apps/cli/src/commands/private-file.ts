import { closeSync, lstatSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describeNodeError, nodeErrno, TargetError, UsageError } from '@winback/core/errors';
import { textToBytes } from '@winback/core/text';

const bytesOf = (path: string): Buffer => Buffer.from(textToBytes(path));

function attempt<T>(path: string, doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    throw new TargetError('TARGET_IO', `${path}: ${doing} failed: ${describeNodeError(error)}`, { path }, { cause: error });
  }
}

/** Makes a folder that only its owner can look into, unless there is one. @throws TARGET_IO */
export function privateFolder(path: string): void {
  attempt(path, 'making the folder', () => mkdirSync(bytesOf(path), { recursive: true, mode: 0o700 }));
}

const DAMAGED = '.damaged';

/** A new file that only its owner can read. What is there already, of whatever kind, is never touched. */
export class PrivateFile {
  readonly #path: string;
  readonly #fd: number;

  /** @throws USAGE, TARGET_IO */
  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    this.#path = join(folder, name);
    const taken = (path: string): UsageError =>
      new UsageError(`${path} is there already`, { path }, { hint: 'name a folder that does not exist yet' });
    if (lstatSync(bytesOf(`${this.#path}${DAMAGED}`), { throwIfNoEntry: false })) throw taken(`${this.#path}${DAMAGED}`);
    this.#fd = attempt(this.#path, 'making the file', () => {
      try {
        return openSync(bytesOf(this.#path), 'wx', 0o600);
      } catch (error) {
        throw nodeErrno(error) === 'EEXIST' ? taken(this.#path) : error;
      }
    });
  }

  /** @throws TARGET_IO */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += attempt(this.#path, 'writing', () => writeSync(this.#fd, bytes, at));
  }

  /** Gives the file's name. @throws TARGET_IO */
  finish(): string {
    attempt(this.#path, 'closing the file', () => {
      closeSync(this.#fd);
    });
    return this.name;
  }

  /** What could be read of something damaged stays under a name that says so; nothing: no file. Gives the name. @throws TARGET_IO */
  finishDamaged(written: number): string | undefined {
    this.finish();
    if (written === 0) {
      unlinkSync(bytesOf(this.#path));
      return undefined;
    }
    const name = `${this.name}${DAMAGED}`;
    attempt(this.#path, 'renaming the file', () => {
      renameSync(bytesOf(this.#path), bytesOf(join(this.folder, name)));
    });
    return name;
  }

  /** It is incomplete, and goes. */
  abort(): void {
    closeSync(this.#fd);
    unlinkSync(bytesOf(this.#path));
  }
}
