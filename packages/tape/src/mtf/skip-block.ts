import type { FormatError } from '@winback/core';
import { peekBlock, type BlockHead } from './block-head.js';
import type { FileWindow } from './file-window.js';
import { dataEnd, nextStreamAt, peekStream, streamProblem, streamTooLong } from './stream-head.js';

/** Where the block after `head` stands, found from stream header to stream header; or what is wrong and where. */
export function blockEnd(window: FileWindow, head: BlockHead): number | { readonly at: number; readonly error: FormatError } {
  let at = head.at + Math.max(head.offsetToFirstEvent, 4);
  for (;;) {
    const stream = peekStream(window, at);
    if (!stream) {
      // Writers of MTF 1.0 let a block without streams lead straight to the next block.
      if (peekBlock(window, at)) return at;
      return { at, error: streamProblem(window, at) };
    }
    if (dataEnd(stream) > window.size) return { at, error: streamTooLong(window, stream) };
    if (stream.id === 'SPAD') return dataEnd(stream);
    at = nextStreamAt(stream);
  }
}
