import type { FormatError } from '@winback/core';
import { blockProblem, peekBlock, type BlockHead } from './block-head.js';
import { BlockType } from './constants.js';
import type { FileWindow } from './file-window.js';
import type { Medium } from './medium.js';
import type { SetPlace } from './set-place.js';
import { blockEnd } from './skip-block.js';

export interface WalkResult {
  readonly sets: readonly SetPlace[];
  /** Filemarks that were found, oldest first. */
  readonly marks: readonly number[];
  /** Where the last committed set ends, its filemark included if it is there; with none, where the first set begins. */
  readonly committedEnd: number;
  /** The first thing that is wrong: a torn end, or damage with something whole behind it. */
  readonly damage: readonly FormatError[];
  /** Whether a filemark, or the start or end of a set, stands behind the first damage. */
  readonly wholeBehindDamage: boolean;
}

const OPENERS = new Set<string>([BlockType.SFMB, BlockType.SSET, BlockType.ESET, BlockType.EOTM]);
const TYPES = new Set<string>(Object.values(BlockType));

/** Finds the sets of a file from its start, block by block, without its filemarks' lists. Reads headers only. */
export function walkForward(window: FileWindow, medium: Medium): WalkResult {
  const sets: { -readonly [K in keyof SetPlace]: SetPlace[K] }[] = [];
  const marks: number[] = [];
  const damage: FormatError[] = medium.damage ? [medium.damage] : [];
  let wholeBehindDamage = false;
  let torn = false;
  let committedEnd = 0;
  let lastMark = -1;
  let set: (typeof sets)[number] | undefined;
  let at = medium.damage ? medium.first : 0;
  while (at < window.size) {
    const head = peekBlock(window, at);
    if (!head || (torn && !fits(head, set, medium))) {
      if (!torn) {
        damage.push(blockProblem(window, at));
        torn = true;
      }
      at = nextCandidate(at, set, medium);
      continue;
    }
    if (torn) {
      wholeBehindDamage ||= OPENERS.has(head.type);
      torn = false;
    }
    if (head.type === BlockType.SFMB) {
      const size = medium.softSize || Math.max(512, head.offsetToFirstEvent);
      if (at + size > window.size) break;
      if (set?.committedEnd === at) set.committedEnd = at + size;
      if (marks.length === 0 || set?.committedEnd === at + size) committedEnd = at + size;
      if (set && set.end === undefined) lastMark = at;
      marks.push(at);
      at += size;
      continue;
    }
    if (head.type === BlockType.SSET) {
      if (set && set.end === undefined) set.end = at;
      set = { number: sets.length + 1, at, startRead: true };
      sets.push(set);
      lastMark = -1;
    } else if (head.type === BlockType.ESET && set) {
      set.end ??= lastMark >= 0 ? lastMark : at;
      set.esetAt ??= at;
    }
    const end = blockEnd(window, head);
    if (typeof end !== 'number') {
      damage.push(end.error);
      torn = true;
      at = nextCandidate(Math.max(end.at, at), set, medium);
    } else {
      // The end of a set is written only once all of its data is durable. That the filemark behind it is missing or damaged
      // must not cost the set.
      if (head.type === BlockType.ESET && set) {
        set.committedEnd = end;
        committedEnd = end;
      }
      at = end;
    }
  }
  return { sets, marks, committedEnd, damage, wholeBehindDamage };
}

/** The next place where a block may begin. Blocks of a set stand on format logical blocks counted from its SSET. */
export function nextCandidate(at: number, set: { readonly at: number } | undefined, medium: { readonly flb: number }): number {
  const step = set ? medium.flb : 512;
  const base = set?.at ?? 0;
  return base + (Math.floor((at - base) / step) + 1) * step;
}

/** Whether a block found by searching belongs where it stands, and is not just a file's content that looks like one. */
function fits(head: BlockHead, set: { readonly at: number } | undefined, medium: Medium): boolean {
  if (head.type === BlockType.SFMB) return medium.softSize === 0 || head.fla === 0 || head.fla * medium.softSize === head.at;
  if (head.type === BlockType.SSET || head.type === BlockType.ESET || head.type === BlockType.EOTM) return head.fla === 0;
  return set !== undefined && TYPES.has(head.type) && set.at + head.fla * medium.flb === head.at;
}
