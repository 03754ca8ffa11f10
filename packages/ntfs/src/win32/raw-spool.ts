import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Raw forms up to this length stay in memory. */
const IN_MEMORY = 4 << 20;
const FIRST = 64 * 1024;

/**
 * The raw form of one encrypted file between Windows, which calls back for it, and a job, which asks for it and has to know how long it is.
 * A long one is kept in a private file in the folder for temporary files; it is ciphertext. What goes wrong with that file is thrown as
 * Node.js throws it.
 */
export class RawSpool {
  #memory = new Uint8Array(FIRST);
  #file: { readonly folder: string; readonly fd: number } | undefined;
  #length = 0;
  #read = 0;

  constructor(private readonly inMemory = IN_MEMORY) {}

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  write(data: Uint8Array): void {
    if (!this.#file && this.#length + data.length <= this.inMemory) {
      if (this.#length + data.length > this.#memory.length) this.#grow(this.#length + data.length);
      this.#memory.set(data, this.#length);
    } else this.#append(data);
    this.#length += data.length;
  }

  /** What comes next; 0 at the end. Called when all is written. */
  read(into: Uint8Array): number {
    const wanted = Math.min(into.length, this.#length - this.#read);
    if (wanted === 0) return 0;
    let n = wanted;
    if (this.#file) n = readSync(this.#file.fd, into, 0, wanted, this.#read);
    else into.set(this.#memory.subarray(this.#read, this.#read + wanted));
    this.#read += n;
    return n;
  }

  /** The file goes. */
  close(): void {
    const file = this.#file;
    this.#file = undefined;
    this.#memory = new Uint8Array();
    this.#length = this.#read = 0;
    if (!file) return;
    closeSync(file.fd);
    rmSync(file.folder, { recursive: true, force: true });
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, Math.min(this.#memory.length * 2, this.inMemory)));
    larger.set(this.#memory.subarray(0, this.#length));
    this.#memory = larger;
  }

  #append(data: Uint8Array): void {
    this.#file ??= this.#toFile();
    writeAll(this.#file.fd, data, this.#length);
  }

  #toFile(): { readonly folder: string; readonly fd: number } {
    const folder = mkdtempSync(join(tmpdir(), 'winback-efs-'));
    try {
      const fd = openSync(join(folder, 'raw'), 'wx+', 0o600);
      this.#file = { folder, fd };
      writeAll(fd, this.#memory.subarray(0, this.#length), 0);
      this.#memory = new Uint8Array();
      return this.#file;
    } catch (error) {
      if (!this.#file) rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

function writeAll(fd: number, data: Uint8Array, position: number): void {
  for (let at = 0; at < data.length;) at += writeSync(fd, data, at, data.length - at, position + at);
}
