import { blockBody, type BlockHead } from './block-head.js';
import { CorruptAttribute } from './constants.js';
import type { FileWindow } from './file-window.js';
import { CorruptObjectBlock } from './layout/index.js';

/** What a CFIL block says, for people. `ids` are the streams of the object before it. */
export function faultOf(window: FileWindow, head: BlockHead, ids: readonly string[]): string | undefined {
  const body = blockBody(window, head, CorruptObjectBlock.size);
  if (!body) return undefined;
  const { corruptAttributes, streamOffset, streamNumber } = CorruptObjectBlock.decode(body.bytes);
  const stream = ids[streamNumber - 1] ?? `number ${streamNumber}`;
  const what =
    (corruptAttributes & CorruptAttribute.LENGTH_CHANGED) !== 0
      ? 'its length changed while it was backed up'
      : (corruptAttributes & CorruptAttribute.UNREADABLE) !== 0
        ? 'it could not be read'
        : (corruptAttributes & CorruptAttribute.DEADLOCK) !== 0
          ? 'it was locked'
          : 'it is corrupt';
  return `${what}: from byte ${streamOffset} of its stream ${stream} on, zeros were kept`;
}
