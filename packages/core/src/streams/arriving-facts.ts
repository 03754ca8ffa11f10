import { isWinbackError, type WinbackError } from '../errors/index.js';
import type { FileEntry } from '../facts/file-entry.js';
import { alternateName } from '../facts/sidecar.js';
import type { BackupStreamHeader } from './backup-stream.js';
import { FactCollector, isFactStream } from './fact-collector.js';
import { StreamId } from './stream-id.layout.js';
import { streamIdName } from './stream-name.js';

/** A path in a LINK stream is not longer than 32,767 characters. */
const LINK_LIMIT = 0x10000;

/**
 * The facts and the link of a file being recovered, while their streams come by. A fact that makes no sense, or of which a part is
 * missing, is a trouble of its own; the rest of the file is recovered.
 */
export class ArrivingFacts {
  /** Facts that make no sense. */
  readonly broken: WinbackError[] = [];
  /** Streams that cannot be taken, in words. */
  readonly left: string[] = [];
  readonly #collector: FactCollector;
  #linkTo: string | undefined;
  #stream: BackupStreamHeader | undefined;
  #bytes: Uint8Array | undefined;
  #filled = 0;

  constructor(entry: FileEntry) {
    this.#collector = new FactCollector(entry);
    this.#linkTo = entry.linkTo;
  }

  /** The entry with all facts so far. */
  get entry(): FileEntry {
    return this.#collector.entry;
  }

  /** The file that this is a later name of. */
  get linkTo(): string | undefined {
    return this.#linkTo;
  }

  /** Begins a stream. Undefined: it is none of facts. */
  begin(stream: BackupStreamHeader): 'wanted' | 'unsupported' | undefined {
    this.end();
    if (!isFactStream(stream) && stream.id !== StreamId.LINK) return undefined;
    if (stream.id === StreamId.LINK && stream.length > LINK_LIMIT) {
      this.left.push(`${describeStream(stream)} of ${stream.length} bytes`);
      return 'unsupported';
    }
    return this.#attempt(() => (this.#bytes = FactCollector.buffer(stream))) ? this.#expect(stream) : 'unsupported';
  }

  /** False: what comes belongs to no fact. */
  write(data: Uint8Array): boolean {
    if (!this.#bytes) return false;
    const room = this.#bytes.length - this.#filled;
    this.#bytes.set(data.length > room ? data.subarray(0, room) : data, this.#filled);
    this.#filled += Math.min(room, data.length);
    return true;
  }

  /** Ends the current stream. */
  end(): void {
    const [stream, bytes, filled] = [this.#stream, this.#bytes, this.#filled];
    this.#stream = this.#bytes = undefined;
    this.#filled = 0;
    if (!stream || !bytes) return;
    if (filled < bytes.length) this.left.push(`${describeStream(stream)}, which ends early`);
    else if (stream.id === StreamId.LINK) this.#linkTo ??= linkPath(bytes);
    else {
      this.#attempt(() => {
        this.#collector.add(stream, bytes);
      });
    }
  }

  #expect(stream: BackupStreamHeader): 'wanted' {
    this.#stream = stream;
    return 'wanted';
  }

  #attempt(take: () => unknown): boolean {
    try {
      take();
      return true;
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      this.broken.push(error);
      return false;
    }
  }
}

/** A stream that a volume has no place for, in words. */
export function describeStream(stream: BackupStreamHeader): string {
  if (stream.foreign) return `the ${stream.foreign.format} stream ${stream.foreign.id}`;
  if (stream.id === StreamId.ALTERNATE_DATA) return `the alternate stream ${alternateName(stream.name ?? '')}`.trimEnd();
  return `the ${streamIdName(stream.id)} stream`;
}

/** The path in a LINK stream: UTF-16, from the volume's root, with Windows' separators. */
function linkPath(data: Uint8Array): string {
  const text = Buffer.from(data).toString('utf16le').replace(/\0+$/, '');
  return text.replaceAll('\\', '/').replace(/^\//, '');
}
