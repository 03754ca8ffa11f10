import { FormatError } from '@winback/core';
import type { Content } from './content.js';
import { SecurityEntry } from './layouts/index.js';
import { u64At, viewOf } from './numbers.js';
import { PieceCache } from './piece-cache.js';

const ID = SecurityEntry.offsetOf('securityId');
const OFFSET = SecurityEntry.offsetOf('offset');
const LENGTH = SecurityEntry.offsetOf('length');
/** Descriptors and their copies take turns in blocks of this size. */
const BLOCK = 0x40000;
const ALIGNMENT = 16;
/** The most that a descriptor may have: its lists have 64 KiB each, with room for two SIDs. */
const DESCRIPTOR_MAX = 0x21000;
/** Descriptors in memory. Volumes with thousands of different ones are rare. */
const KEPT = 4096;
const CACHE = 4 * 1024 * 1024;

/** The security descriptors of a volume, from `$Secure:$SDS`: files name them by number. */
export class SecurityDescriptors {
  readonly #offsets = new Map<number, number>();
  readonly #descriptors = new Map<number, Uint8Array>();
  readonly #cache: PieceCache<Uint8Array>;

  /** Goes through all of the stream for the places of the descriptors. @throws SOURCE_UNREADABLE */
  constructor(private readonly content: Content) {
    this.#cache = new PieceCache(
      (at, buffer) => this.#read(at, buffer),
      content.size,
      BLOCK,
      CACHE,
      (bytes) => bytes,
    );
    const block = new Uint8Array(BLOCK);
    for (let start = 0; start < content.size; start += 2 * BLOCK) {
      const original = block.subarray(0, Math.min(BLOCK, content.size - start));
      this.#read(start, original);
      const end = this.#index(original, start);
      // Where the first copy breaks off, the second may go on.
      const copy = Math.min(BLOCK, content.size - start - BLOCK);
      if (end < original.length && copy > end) {
        this.#read(start + BLOCK, block.subarray(0, copy));
        this.#index(block.subarray(0, copy), start);
      }
    }
  }

  get count(): number {
    return this.#offsets.size;
  }

  /** The descriptor of a number, not to be changed. Undefined: there is none. @throws FORMAT_CHECKSUM when both copies are damaged */
  get(id: number): Uint8Array | undefined {
    const known = this.#descriptors.get(id);
    if (known) return known;
    const offset = this.#offsets.get(id);
    if (offset === undefined) return undefined;
    const descriptor = this.#readEntry(id, offset, offset) ?? this.#readEntry(id, offset, offset + BLOCK);
    if (!descriptor) {
      throw new FormatError('FORMAT_CHECKSUM', `security descriptor ${String(id)} is damaged, and its copy too`, {
        struct: SecurityEntry.name,
        offset,
      });
    }
    if (this.#descriptors.size >= KEPT) this.#descriptors.clear();
    this.#descriptors.set(id, descriptor);
    return descriptor;
  }

  #read(position: number, buffer: Uint8Array): void {
    for (let done = 0; done < buffer.length;) done += this.content.readAt(position + done, buffer.subarray(done));
  }

  #copy(position: number, buffer: Uint8Array): void {
    for (let done = 0; done < buffer.length;) {
      const at = position + done;
      const rest = this.#cache.piece(Math.floor(at / BLOCK)).subarray(at % BLOCK);
      const n = Math.min(rest.length, buffer.length - done);
      buffer.set(rest.subarray(0, n), done);
      done += n;
    }
  }

  /** Says where the entries of a block end. */
  #index(block: Uint8Array, start: number): number {
    const view = viewOf(block);
    let at = 0;
    while (at + SecurityEntry.size <= block.length) {
      const length = view.getUint32(at + LENGTH, true);
      const offset = u64At(view, at + OFFSET);
      if (length <= SecurityEntry.size || length > DESCRIPTOR_MAX || offset !== start + at || at + length > block.length) break;
      const id = view.getUint32(at + ID, true);
      if (id !== 0 && !this.#offsets.has(id)) this.#offsets.set(id, offset);
      at = Math.ceil((at + length) / ALIGNMENT) * ALIGNMENT;
    }
    return at;
  }

  #readEntry(id: number, offset: number, place: number): Uint8Array | undefined {
    if (place + SecurityEntry.size > this.content.size) return undefined;
    const head = new Uint8Array(SecurityEntry.size);
    this.#copy(place, head);
    const view = viewOf(head);
    const length = view.getUint32(LENGTH, true);
    if (view.getUint32(ID, true) !== id || u64At(view, OFFSET) !== offset || length <= SecurityEntry.size || length > DESCRIPTOR_MAX)
      return undefined;
    if (place + length > this.content.size) return undefined;
    const descriptor = new Uint8Array(length - SecurityEntry.size);
    this.#copy(place + SecurityEntry.size, descriptor);
    return hashOf(descriptor) === view.getUint32(0, true) ? descriptor : undefined;
  }
}

/** The hash by which $Secure finds descriptors. */
function hashOf(descriptor: Uint8Array): number {
  const view = viewOf(descriptor);
  let hash = 0;
  for (let at = 0; at + 4 <= descriptor.length; at += 4) hash = (((hash << 3) | (hash >>> 29)) + view.getUint32(at, true)) >>> 0;
  return hash;
}
