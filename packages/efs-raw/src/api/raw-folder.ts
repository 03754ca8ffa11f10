import { join } from 'node:path';
import { EfsError } from '@winback/core';
import { itemsOfRaw, rawOf } from '../content/forms.js';
import { MAIN_STREAM, type Item, type Items } from '../content/item.js';
import type { ReadBytes } from '../flow/byte-feed.js';
import { Produced, wait, type Steps } from '../flow/steps.js';
import { RAW_SUFFIX } from '../handler/raw-suffix.js';
import { InputFile } from './input-file.js';
import { OutputFile } from './output-file.js';
import { RawFlag, type RawFile, type RawFileBackend } from './raw-file.js';

const PIECE = 256 * 1024;

/** A plain folder of exported files: `letter.docx` is kept as `letter.docx.efsraw`. */
export class RawFolder implements RawFileBackend {
  constructor(private readonly folder: string) {}

  open(path: string, flags: number): RawFile {
    const file = join(this.folder, `${path}${RAW_SUFFIX}`);
    if ((flags & RawFlag.CREATE_FOR_IMPORT) !== 0) return new FolderImport(file);
    return new FolderExport(file, (flags & RawFlag.EFS_DROP_ALTERNATE_STREAMS) !== 0);
  }
}

class FolderExport implements RawFile {
  readonly #input: InputFile;
  readonly #buffer = new Uint8Array(PIECE);
  /** Present where streams are left out; else a file is given byte for byte. */
  readonly #raw: ReturnType<typeof rawOf> | undefined;

  constructor(path: string, dropAlternates: boolean) {
    this.#input = new InputFile(path);
    if (dropAlternates)
      this.#raw = rawOf(
        new Produced(
          wholeMainStream(
            itemsOfRaw((into) => this.#input.read(into)),
            path,
          ),
        ),
      );
  }

  async next(): Promise<Uint8Array | undefined> {
    if (this.#raw) return (await this.#raw.next())?.bytes;
    const n = this.#input.read(this.#buffer);
    return n === 0 ? undefined : this.#buffer.subarray(0, n);
  }

  close(): void {
    this.#input.close();
  }
}

const damaged = (path: string, reason: Error): EfsError =>
  new EfsError('EFS_DAMAGED', `${path}: ${reason.message}`, { path }, { cause: reason });

function* wholeMainStream(items: Items, path: string): Steps<Item> {
  let wanted = true;
  for (let item = yield* wait(items.next()); item; item = yield* wait(items.next())) {
    if (item.type === 'stream') wanted = item.name === MAIN_STREAM;
    if (item.type === 'missing' && wanted) throw damaged(path, item.reason);
    if (wanted || item.type === 'metadata') yield item;
  }
}

class FolderImport implements RawFile {
  constructor(private readonly path: string) {}

  async import(read: ReadBytes): Promise<void> {
    const output = new OutputFile(this.path, true);
    let at = 0;
    try {
      // What is no whole raw form is refused, as Windows does.
      const items = itemsOfRaw(async (into) => {
        const n = await read(into);
        output.write(into.subarray(0, n), at);
        at += n;
        return n;
      });
      for (let item = await items.next(); item; item = await items.next())
        if (item.type === 'missing') throw damaged(this.path, item.reason);
      output.finish(at);
    } catch (error) {
      output.abort();
      throw error;
    }
  }

  close(): void {
    // nothing is held
  }
}
