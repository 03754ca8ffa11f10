import {
  factStreams,
  MemoryStreams,
  rawEncryptedStream,
  type BackupStreamHeader,
  type BackupStreamSource,
  type FileEntry,
  type StreamFault,
  type VolumeNode,
} from '@winback/core';
import { itemsOfVolume, rawOf } from '../content/forms.js';
import { unitShifts } from '../content/volume-reader.js';
import { settle, type Produced } from '../flow/steps.js';
import type { RawPiece } from '../raw/raw-writer.js';

/** Volumes answer at once. */
function now<T>(value: T | Promise<T>): T {
  if (value instanceof Promise) throw new TypeError('a volume made its reader wait');
  return value;
}

/** Walks through the streams of a file without reading them. */
function measure<T>(node: VolumeNode, body: (streams: BackupStreamSource) => T): T {
  const { streams } = node.open();
  try {
    return body(streams);
  } finally {
    streams.close();
  }
}

/**
 * The backup streams of an encrypted file: its facts, then all of it as one stream in the raw transfer format. How long that will be is
 * found out first, from the file's layout.
 */
export class RawBackupStreams implements BackupStreamSource {
  readonly #facts: MemoryStreams;
  readonly #length: number;
  readonly #source: BackupStreamSource;
  readonly #raw: Produced<RawPiece>;
  readonly #faults: StreamFault[] = [];
  #told = 0;
  #number = 0;
  #state: 'facts' | 'raw' | 'done' = 'facts';
  #piece: Uint8Array = new Uint8Array();
  #given = 0;
  #ended = false;

  /** @throws SOURCE_UNREADABLE, SOURCE_VANISHED, SOURCE_UNSUPPORTED */
  constructor(node: VolumeNode, entry: FileEntry) {
    this.#facts = new MemoryStreams(factStreams({ ...entry, efsMetadata: undefined }));
    const shifts = measure(node, (streams) => now(settle(unitShifts(streams))));
    this.#length = measure(node, (streams) => {
      const raw = rawOf(itemsOfVolume(streams, { layoutOnly: true, unitShifts: shifts }));
      let length = 0;
      for (let piece = now(raw.next()); piece; piece = now(raw.next())) length += piece.length;
      return length;
    });
    this.#source = node.open().streams;
    this.#raw = rawOf(itemsOfVolume(this.#source, { unitShifts: shifts }));
  }

  get faults(): readonly StreamFault[] {
    this.#takeFaults();
    return this.#faults;
  }

  next(): BackupStreamHeader | undefined {
    if (this.#state === 'facts') {
      this.#number++;
      const fact = this.#facts.next();
      if (fact) return fact;
      this.#state = 'raw';
      return rawEncryptedStream(this.#length);
    }
    this.#state = 'done';
    return undefined;
  }

  readInto(buffer: Uint8Array): number {
    if (this.#state === 'facts') return this.#facts.readInto(buffer);
    if (this.#state === 'done') return 0;
    const wanted = Math.min(buffer.length, this.#length - this.#given);
    let filled = 0;
    while (filled < wanted) {
      if (this.#piece.length === 0 && !this.#nextPiece()) {
        buffer.fill(0, filled, wanted);
        filled = wanted;
        break;
      }
      const n = Math.min(wanted - filled, this.#piece.length);
      buffer.set(n === this.#piece.length ? this.#piece : this.#piece.subarray(0, n), filled);
      this.#piece = this.#piece.subarray(n);
      filled += n;
    }
    this.#given += filled;
    return filled;
  }

  close(): void {
    this.#source.close();
  }

  #nextPiece(): boolean {
    if (this.#ended) return false;
    const piece = now(this.#raw.next());
    this.#takeFaults();
    this.#piece = piece?.bytes ?? new Uint8Array();
    if (piece) return true;
    this.#ended = true;
    const message = `the file ended at byte ${this.#given} of its raw form, which should have ${this.#length}`;
    this.#faults.push({ kind: 'length-changed', streamNumber: this.#number, offset: this.#given, message });
    return false;
  }

  /** What the volume could not read, as a place in the stream that is given. */
  #takeFaults(): void {
    const { faults } = this.#source;
    for (; this.#told < faults.length; this.#told++) {
      const { kind, message, offset } = faults[this.#told]!;
      const text = `${message} (byte ${offset} of the ciphertext)`;
      this.#faults.push({ kind, streamNumber: this.#number, offset: Math.min(this.#given, this.#length), message: text });
    }
  }
}
