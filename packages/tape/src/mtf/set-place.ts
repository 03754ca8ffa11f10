import type { FormatError } from '@winback/core';
import { blockProblem, peekBlock } from './block-head.js';
import { BlockType } from './constants.js';
import type { FileWindow } from './file-window.js';
import { filemarksFromEnd } from './filemarks.js';
import { walkForward } from './forward-walk.js';
import type { Medium } from './medium.js';

/** Where a data set stands in the file. */
export interface SetPlace {
  /** From 1, in the order of the file. */
  readonly number: number;
  /** Of its SSET. */
  readonly at: number;
  /** Whether the SSET there can be read. */
  readonly startRead: boolean;
  /** Where its files end: at a filemark or the ESET. Undefined: nobody knows, it was never finished. */
  readonly end?: number | undefined;
  readonly esetAt?: number | undefined;
  /** Where the set ends with all that belongs to it. Undefined: it is not committed. */
  readonly committedEnd?: number | undefined;
}

export interface SetIndex {
  readonly sets: readonly SetPlace[];
  readonly damage: readonly FormatError[];
}

/** Finds the sets of a file: through its filemarks where the end is clean, else by walking it. */
export function findSets(window: FileWindow, medium: Medium): SetIndex {
  const marks = filemarksFromEnd(window, medium);
  return marks ? setsBetween(window, medium, marks) : walkForward(window, medium);
}

/** Sets and their ends alternate behind the filemarks: TAPE, mark, set, mark, end, mark, set… */
export function setsBetween(window: FileWindow, medium: Medium, marks: readonly number[]): SetIndex {
  const damage: FormatError[] = medium.damage ? [medium.damage] : [];
  const sets: { -readonly [K in keyof SetPlace]: SetPlace[K] }[] = [];
  let set: (typeof sets)[number] | undefined;
  marks.forEach((mark, i) => {
    const at = mark + medium.softSize;
    const next = marks[i + 1];
    if (next === undefined || next === at) return;
    const type = peekBlock(window, at)?.type;
    if (type === undefined) damage.push(blockProblem(window, at));
    const endIsNext = set !== undefined && set.committedEnd === undefined;
    if (type === BlockType.ESET || (type === undefined && endIsNext)) {
      if (!set) return;
      if (type === BlockType.ESET) set.esetAt ??= at;
      set.committedEnd ??= next + medium.softSize;
    } else if (type === BlockType.SSET || type === undefined) {
      set = { number: sets.length + 1, at, startRead: type !== undefined, end: next };
      sets.push(set);
    }
  });
  return { sets, damage };
}
