import { isWinbackError } from '@winback/core';
import type { BlockSource } from './block-source.js';
import { damaged } from './damage.js';
import { FileTable } from './file-table.js';
import { FolderTree } from './folder-tree.js';
import { AttributeType, FileRecordHeader, VolumeInformation } from './layouts/index.js';
import { isLogClean, LOG_HEAD } from './log-file.js';
import { WellKnown, type Mft } from './mft.js';
import { readBirthIds, type BirthIds } from './object-ids.js';
import { SecurityDescriptors } from './security-descriptors.js';
import { UpperCase } from './upper-case.js';
import { viewOf } from './numbers.js';

const FLAGS = VolumeInformation.offsetOf('flags');
const DIRTY = 1;
/** Of one bit for each of 2^32 records. */
const BITMAP_MAX = 512 * 1024 * 1024;

/** What belongs to all files of a volume, read when it is first asked for. */
export class VolumeMetadata {
  #tree: FolderTree | undefined;
  #security: SecurityDescriptors | undefined;
  #birthIds: BirthIds | undefined;
  #upperCase: UpperCase | undefined;

  constructor(readonly mft: Mft) {}

  get source(): BlockSource {
    return this.mft.source;
  }

  /** All names. @throws SOURCE_UNREADABLE */
  get tree(): FolderTree {
    return (this.#tree ??= new FolderTree(new FileTable(this.mft)));
  }

  /** @throws FORMAT_STRUCTURE, SOURCE_UNREADABLE */
  get security(): SecurityDescriptors {
    if (this.#security) return this.#security;
    const record = this.mft.record(WellKnown.SECURE);
    const stream = this.mft.attributes(WellKnown.SECURE).find(AttributeType.DATA, '$SDS');
    if (!stream) throw damaged(record, 'attributes', '$Secure has no stream $SDS');
    return (this.#security = new SecurityDescriptors(stream.content(this.source)));
  }

  /** @throws FORMAT_STRUCTURE, SOURCE_UNREADABLE */
  get birthIds(): BirthIds {
    if (this.#birthIds) return this.#birthIds;
    const { table } = this.tree;
    const name = [...this.tree.namesIn(WellKnown.EXTEND)].find((number) => table.names.text(number) === '$ObjId');
    return (this.#birthIds = name === undefined ? new Map() : readBirthIds(this.mft.attributes(table.files[name]!), this.source));
  }

  /** Without a table that can be read, nothing has an upper case. */
  get upperCase(): UpperCase {
    if (this.#upperCase) return this.#upperCase;
    let table: Uint8Array = new Uint8Array(0);
    try {
      table = this.mft.attributes(WellKnown.UPCASE).find(AttributeType.DATA)?.bytes(this.source, 0x20000) ?? table;
    } catch (error) {
      if (!isWinbackError(error)) throw error;
    }
    return (this.#upperCase = new UpperCase(table));
  }

  /** $MFT's bitmap: a bit for each record that is in use. @throws FORMAT_STRUCTURE, FORMAT_RANGE, SOURCE_UNREADABLE */
  recordsInUse(): Uint8Array {
    const bitmap = this.mft.attributes(WellKnown.MFT).find(AttributeType.BITMAP);
    if (!bitmap)
      throw damaged({ struct: FileRecordHeader.name, offset: this.mft.offsetOf(WellKnown.MFT) }, 'attributes', '$MFT has no bitmap');
    return bitmap.bytes(this.source, BITMAP_MAX);
  }

  /** @throws FORMAT_STRUCTURE, SOURCE_UNREADABLE */
  get label(): string {
    const value = this.mft.attributes(WellKnown.VOLUME).find(AttributeType.VOLUME_NAME)?.resident;
    return value ? Buffer.from(value).toString('utf16le') : '';
  }

  /** Whether the volume was unmounted, so that nothing of it stands in its log alone. @throws FORMAT_STRUCTURE, SOURCE_UNREADABLE */
  get isUnmounted(): boolean {
    const content = this.mft.attributes(WellKnown.LOG_FILE).find(AttributeType.DATA)?.content(this.source);
    if (!content) return true;
    const head = new Uint8Array(Math.min(content.size, LOG_HEAD));
    for (let done = 0; done < head.length;) done += content.readAt(done, head.subarray(done));
    return isLogClean(head);
  }

  /** Whether chkdsk has something to do. @throws FORMAT_STRUCTURE, SOURCE_UNREADABLE */
  get isDirty(): boolean {
    const value = this.mft.attributes(WellKnown.VOLUME).find(AttributeType.VOLUME_INFORMATION)?.resident;
    return value !== undefined && value.length >= VolumeInformation.size && (viewOf(value).getUint16(FLAGS, true) & DIRTY) !== 0;
  }
}
