import { FormatError } from '../errors/index.js';
import { decodeExtendedAttributes } from '../facts/extended-attributes.js';
import type { FileEntry } from '../facts/file-entry.js';
import { decodeCommonPosixFacts, takePosixFacts } from '../facts/posix-forms.js';
import { decodeReparsePoint } from '../facts/reparse.js';
import type { BackupStreamHeader } from './backup-stream.js';
import { isEfsMetadata, isRawEncrypted } from './fact-streams.js';
import { StreamId } from './stream-id.layout.js';

/** The most that a stream of facts may claim: 64 KiB of attributes and descriptors, with room for many large POSIX attributes. */
const FACT_LIMIT = 16 * 1024 * 1024;

const FACT_IDS = new Set<number>([StreamId.EA_DATA, StreamId.SECURITY_DATA, StreamId.OBJECT_ID, StreamId.REPARSE_DATA]);

const CONTENT_IDS = new Set<number>([StreamId.DATA, StreamId.ALTERNATE_DATA, StreamId.SPARSE_BLOCK]);

/** Whether a stream holds bytes that the user put into the file. */
export const isContentStream = (stream: BackupStreamHeader): boolean => CONTENT_IDS.has(stream.id) || isRawEncrypted(stream);

/** Whether a stream holds a fact about the file instead of content. */
export const isFactStream = (stream: BackupStreamHeader): boolean => FACT_IDS.has(stream.id) || isEfsMetadata(stream);

/**
 * Adds the facts that travel as streams to an entry, as they come by.
 * @throws FORMAT_SHORT, FORMAT_STRUCTURE, FORMAT_RANGE from `add` when a fact makes no sense; the other facts stay
 */
export class FactCollector {
  #entry: FileEntry;
  constructor(entry: FileEntry) {
    this.#entry = entry;
  }

  /** The entry with all facts so far. */
  get entry(): FileEntry {
    return this.#entry;
  }

  /** The buffer for a fact stream's bytes. */
  static buffer(stream: BackupStreamHeader): Uint8Array {
    if (stream.length > FACT_LIMIT) {
      throw new FormatError('FORMAT_RANGE', `a stream of facts claims ${String(stream.length)} bytes`, {
        struct: 'WIN32_STREAM_ID',
        field: 'Size',
        offset: 0,
        expected: `at most ${String(FACT_LIMIT)}`,
        actual: stream.length,
      });
    }
    return new Uint8Array(stream.length);
  }

  add(stream: BackupStreamHeader, data: Uint8Array): void {
    if (isEfsMetadata(stream)) this.#entry = { ...this.#entry, efsMetadata: data };
    else if (stream.id === StreamId.SECURITY_DATA) this.#entry = { ...this.#entry, securityDescriptor: data };
    else if (stream.id === StreamId.OBJECT_ID) this.#entry = { ...this.#entry, objectId: data };
    else if (stream.id === StreamId.EA_DATA) this.#addAttributes(data);
    else if (stream.id === StreamId.REPARSE_DATA) {
      const { kind, linkTarget } = decodeReparsePoint(data);
      // A folder stays a folder: mount points and directory links are made of one.
      this.#entry = {
        ...this.#entry,
        reparseData: data,
        ...(linkTarget === undefined ? {} : { linkTarget }),
        kind: this.#entry.kind === 'directory' && kind === 'reparse-point' ? 'directory' : kind,
      };
    }
  }

  #addAttributes(data: Uint8Array): void {
    const common = decodeCommonPosixFacts(data);
    if (common) {
      this.#entry = { ...this.#entry, posix: common };
      return;
    }
    const { posix, others } = takePosixFacts(decodeExtendedAttributes(data));
    this.#entry = { ...this.#entry, ...(posix ? { posix } : {}), ...(others.length ? { extendedAttributes: others } : {}) };
  }
}
