import { SparseBlockOffset, StreamId, Win32StreamHeader, Win32StreamId, type BackupStreamHeader } from '@winback/core';
import type { Handle } from './ffi/declarations.js';
import type { FileCalls } from './file-calls.js';

const BUFFER = 256 * 1024;
/** BackupWrite refuses buffers that are not longer than a WIN32_STREAM_ID: so many bytes are kept back for its last call. */
const KEPT_BACK = 64;

/** BackupWrite on an open file: streams with parsed headers become its sequence of bytes. Every call throws a Win32Error. */
export class BackupWriter {
  readonly #context = new Uint8Array(8);
  readonly #count = new Uint8Array(8);
  readonly #buffer = new Uint8Array(BUFFER);
  #filled = 0;
  #begun = false;

  constructor(
    private readonly files: FileCalls,
    private readonly handle: Handle,
  ) {}

  begin({ id, attributes, length, name = '', offset = 0 }: BackupStreamHeader): void {
    const isBlock = id === StreamId.SPARSE_BLOCK;
    const size = length + (isBlock ? SparseBlockOffset.size : 0);
    this.write(Win32StreamHeader.encode({ streamId: id, streamAttributes: attributes, size, name }));
    if (isBlock) this.write(SparseBlockOffset.encode({ offset: BigInt(offset) }));
  }

  write(data: Uint8Array): void {
    for (let at = 0; at < data.length;) {
      if (this.#filled === BUFFER) this.#flush(BUFFER - KEPT_BACK);
      const piece = data.subarray(at, at + BUFFER - this.#filled);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
    }
  }

  /** Writes what is left, and ends the context. An empty stream of data alone says nothing that the file does not. */
  finish(): void {
    if (this.#filled > Win32StreamId.size || this.#begun) this.#flush(this.#filled);
    this.abort();
  }

  /** bAbort: frees the context. */
  abort(): void {
    if (!this.#begun) return;
    this.#begun = false;
    this.files.api.BackupWrite(this.handle, this.#buffer, 0, this.#count, 1, 0, this.#context);
  }

  #flush(bytes: number): void {
    const counts = new DataView(this.#count.buffer);
    for (let at = 0; at < bytes;) {
      this.#begun = true;
      const piece = this.#buffer.subarray(at, bytes);
      this.files.check('BackupWrite', this.files.api.BackupWrite(this.handle, piece, piece.length, this.#count, 0, 1, this.#context));
      at += counts.getUint32(0, true);
    }
    this.#buffer.copyWithin(0, bytes, this.#filled);
    this.#filled -= bytes;
  }
}
