import { textToBytes } from '@winback/core';
import type { Handle } from './ffi/declarations.js';
import type { FileCalls } from './file-calls.js';
import { FileIdBothDirInfo } from './layouts/file-information.layout.js';
import { narrow } from './wide-text.js';
import { Win32Error } from './win32-error.js';

/** The most that a server on the network gives at once. */
const CHUNK = 0x1_0000;
const DIRECTORY = 0x10;
const REPARSE_POINT = 0x400;
const NO_ID = 0xffff_ffff_ffff_ffffn;

const offset = (field: Parameters<typeof FileIdBothDirInfo.offsetOf>[0]): number => FileIdBothDirInfo.offsetOf(field);
const NEXT = offset('nextEntryOffset');
const ATTRIBUTES = offset('fileAttributes');
const NAME_LENGTH = offset('fileNameLength');
const EA_SIZE = offset('eaSize');
const SHORT_LENGTH = offset('shortNameLength');
const SHORT_NAME = offset('shortName');
const NAME = FileIdBothDirInfo.size;

/** What the listing of its folder says of a file. Times are FILETIMEs. */
export interface ListedFile {
  readonly name: string;
  readonly attributes: number;
  /** 0 unless it is a reparse point. */
  readonly tag: number;
  readonly size: number;
  readonly creationTime: bigint;
  readonly lastAccessTime: bigint;
  readonly lastWriteTime: bigint;
  readonly changeTime: bigint;
  /** Undefined where the file system has no number of 64 bits. */
  readonly fileId: bigint | undefined;
  readonly shortName: string | undefined;
}

/** The files and folders of an open folder, as Windows lists them, sorted by the bytes of their names as POSIX would have them. */
export class DirectoryListing {
  readonly #chunks: Uint8Array[] = [];
  readonly #names: string[] = [];
  /** Where each entry stands: number of the chunk × CHUNK + offset. */
  readonly #places: number[] = [];
  #order: Uint32Array;
  /** What ended the listing before its end. */
  readonly error: Win32Error | undefined;

  constructor(files: FileCalls, handle: Handle) {
    const buffer = new Uint8Array(CHUNK);
    try {
      for (let first = true; files.list(handle, buffer, first); first = false) this.#add(buffer);
    } catch (error) {
      if (!(error instanceof Win32Error)) throw error;
      this.error = error;
    }
    this.#order = Uint32Array.from(this.#names.keys());
    this.#sort();
  }

  get length(): number {
    return this.#order.length;
  }

  name(index: number): string {
    return this.#names[this.#order[index]!]!;
  }

  attributes(index: number): number {
    return this.#u32(this.#order[index]!, ATTRIBUTES);
  }

  tag(index: number): number {
    return this.attributes(index) & REPARSE_POINT ? this.#u32(this.#order[index]!, EA_SIZE) : 0;
  }

  shortName(index: number): string | undefined {
    const { bytes, at } = this.#place(this.#order[index]!);
    const length = bytes[at + SHORT_LENGTH]!;
    return length === 0 ? undefined : narrow(bytes, at + SHORT_NAME, Math.min(length, SHORT_NAME_MOST));
  }

  file(index: number): ListedFile {
    const { bytes, at } = this.#place(this.#order[index]!);
    const info = FileIdBothDirInfo.decode(bytes, at);
    const { fileId } = info;
    return {
      name: this.name(index),
      attributes: info.fileAttributes,
      tag: this.tag(index),
      size: info.fileAttributes & DIRECTORY ? 0 : Number(info.endOfFile),
      creationTime: info.creationTime,
      lastAccessTime: info.lastAccessTime,
      lastWriteTime: info.lastWriteTime,
      changeTime: info.changeTime,
      fileId: fileId === 0n || fileId === NO_ID ? undefined : fileId,
      shortName: this.shortName(index),
    };
  }

  #add(buffer: Uint8Array): void {
    const view = new DataView(buffer.buffer);
    const base = this.#chunks.length * CHUNK;
    let end = 0;
    for (let at = 0, next = 1; next !== 0; at += next) {
      next = view.getUint32(at + NEXT, true);
      const length = view.getUint32(at + NAME_LENGTH, true);
      end = at + NAME + length;
      const name = narrow(buffer, at + NAME, length);
      if (name === '.' || name === '..') continue;
      this.#names.push(name);
      this.#places.push(base + at);
    }
    this.#chunks.push(buffer.slice(0, end));
  }

  /** In UTF-8 the order is that of UTF-16, but where halves of pairs and what follows them in Unicode are concerned. */
  #sort(): void {
    const names = this.#names;
    if (!names.some((name) => /[\ud800-\uffff]/.test(name))) {
      this.#order.sort((a, b) => (names[a]! < names[b]! ? -1 : 1));
      return;
    }
    const bytes = names.map(textToBytes);
    this.#order.sort((a, b) => Buffer.compare(bytes[a]!, bytes[b]!));
  }

  #place(entry: number): { readonly bytes: Uint8Array; readonly at: number } {
    const place = this.#places[entry]!;
    return { bytes: this.#chunks[Math.floor(place / CHUNK)]!, at: place % CHUNK };
  }

  #u32(entry: number, field: number): number {
    const { bytes, at } = this.#place(entry);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + field, true);
  }
}

/** Bytes: eight characters, a dot and three more. */
const SHORT_NAME_MOST = 24;
