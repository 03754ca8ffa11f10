import { damaged } from './damage.js';
import type { FileAttributes } from './file-attributes.js';
import { undoFixups } from './fixups.js';
import { AttributeType, IndexBlock, IndexEntry, IndexEntryFlag, IndexNode, IndexRoot } from './layouts/index.js';
import { isPowerOfTwo, viewOf } from './numbers.js';
import type { BlockSource } from './block-source.js';

const BLOCK_SIZE = IndexRoot.offsetOf('blockSize');
const FIRST = IndexNode.offsetOf('firstEntry');
const USED = IndexNode.offsetOf('usedBytes');
const LENGTH = IndexEntry.offsetOf('length');
const KEY_LENGTH = IndexEntry.offsetOf('keyLength');
const FLAGS = IndexEntry.offsetOf('flags');
/** "INDX" as a 32-bit number. */
const INDX = 0x5844_4e49;
const BLOCK_MAX = 65_536;

/** Told of one entry: the whole of it, and its key. */
export type EntryVisitor = (entry: Uint8Array, key: Uint8Array) => void;

/**
 * Goes through an index, block by block as they lie on the volume and not down the tree, so that no damage can lead in circles. Blocks
 * that cannot be read are passed over.
 * @throws FORMAT_STRUCTURE, SOURCE_UNREADABLE when the index has no root or its blocks cannot be found
 */
export function visitIndex(attributes: FileAttributes, name: string, source: BlockSource, visit: EntryVisitor): void {
  const root = attributes.find(AttributeType.INDEX_ROOT, name)?.resident;
  if (!root || root.length < IndexRoot.size + IndexNode.size) {
    throw damaged({ struct: IndexRoot.name, offset: attributes.base.offset }, 'indexedType', `there is no index ${name}`);
  }
  visitNode(root, IndexRoot.size, visit);
  const allocation = attributes.find(AttributeType.INDEX_ALLOCATION, name);
  const size = viewOf(root).getUint32(BLOCK_SIZE, true);
  if (!allocation || !isPowerOfTwo(size) || size < 512 || size > BLOCK_MAX) return;
  const used = attributes.find(AttributeType.BITMAP, name)?.bytes(source, 1024 * 1024);
  const content = allocation.content(source);
  const block = new Uint8Array(size);
  for (let number = 0; (number + 1) * size <= content.size; number++) {
    if (used && ((used[number >> 3] ?? 0) & (1 << (number & 7))) === 0) continue;
    for (let done = 0; done < size;) done += content.readAt(number * size + done, block.subarray(done));
    const view = viewOf(block);
    if (view.getUint32(0, true) === INDX && undoFixups(view, 0, size) === undefined) visitNode(block, IndexBlock.size, visit);
  }
}

function visitNode(bytes: Uint8Array, node: number, visit: EntryVisitor): void {
  const view = viewOf(bytes);
  const end = Math.min(bytes.length, node + view.getUint32(node + USED, true));
  for (let at = node + view.getUint32(node + FIRST, true); at + IndexEntry.size <= end;) {
    const length = view.getUint16(at + LENGTH, true);
    const keyLength = view.getUint16(at + KEY_LENGTH, true);
    if ((view.getUint16(at + FLAGS, true) & IndexEntryFlag.LAST) !== 0) return;
    if (length < IndexEntry.size + keyLength || at + length > end) return;
    visit(bytes.subarray(at, at + length), bytes.subarray(at + IndexEntry.size, at + IndexEntry.size + keyLength));
    at += length;
  }
}
