import type { FormatError } from '@winback/core';
import { blockProblem, peekBlock, type BlockHead } from './block-head.js';
import { BlockType } from './constants.js';
import type { FileWindow } from './file-window.js';
import { readMedium, type Medium } from './medium.js';

export interface InspectedDamage {
  readonly kind: 'damage';
  readonly offset: number;
  readonly code: string;
  readonly message: string;
}

export const damageOf = (error: FormatError, at: number): InspectedDamage => ({
  kind: 'damage',
  offset: at,
  code: error.code,
  message: error.message,
});

const TYPES = new Set<string>(Object.values(BlockType));
const isPlausible = (head: BlockHead): boolean => TYPES.has(head.type) && head.offsetToFirstEvent >= 52;

/**
 * Every block of a file to its very end, and past damage the next one that can be made out. `visit` tells of a block and answers where the
 * next one stands, undefined when it cannot say; of a filemark it need not.
 */
export function* walkBlocks<T>(
  window: FileWindow,
  visit: (head: BlockHead) => Generator<T, number | undefined, undefined>,
  medium: Medium = readMedium(window),
): Generator<T | InspectedDamage, void, undefined> {
  let flb = 512;
  let base = 0;
  let searching = false;
  for (let at = 0; at < window.size;) {
    const behind = window.behindGap(at);
    if (behind !== at) {
      at = behind;
      continue;
    }
    const further = base + (Math.floor((at - base) / flb) + 1) * flb;
    const head = peekBlock(window, at);
    if (!head && window.behindGap(at) !== at) continue;
    if (!head || (searching && !isPlausible(head))) {
      if (!searching) yield damageOf(blockProblem(window, at), at);
      searching = true;
      at = further;
      continue;
    }
    if (head.type === BlockType.SSET) {
      base = at;
      ({ flb } = medium);
    }
    const next = yield* visit(head);
    if (head.type === BlockType.SFMB) {
      searching = false;
      at += medium.softSize || Math.max(512, head.offsetToFirstEvent);
      continue;
    }
    searching = next === undefined;
    at = next ?? base + (Math.floor((at - base) / flb) + 1) * flb;
  }
}
