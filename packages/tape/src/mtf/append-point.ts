import { TargetError } from '@winback/core';
import { peekBlock } from './block-head.js';
import { BlockType, FLB_SIZE, VENDOR_WINBACK } from './constants.js';
import type { FileWindow } from './file-window.js';
import { filemarksFromEnd } from './filemarks.js';
import { walkForward } from './forward-walk.js';
import type { Medium } from './medium.js';
import { readSetHead } from './set-head.js';

/** Where the next set begins. */
export interface AppendPoint {
  readonly at: number;
  /** Filemarks before it, oldest first. */
  readonly marks: number[];
  /** Bytes of a set that was never finished, to be taken away first. */
  readonly torn: number;
  /** The last set is whole, but for the filemark behind its end. */
  readonly markMissing: boolean;
}

const foreign = (window: FileWindow, problem: string, hint: string): TargetError =>
  new TargetError('TARGET_FOREIGN', `${window.path} cannot be appended to: ${problem}`, { path: window.path }, { hint });

const ELSEWHERE = 'write the backup to a new file; this one can still be read';

/**
 * Where a set can be appended. Looks only; what is torn is for the caller to take away.
 * @throws TARGET_FOREIGN, TARGET_DAMAGED
 */
export function findAppendPoint(window: FileWindow, medium: Medium): AppendPoint {
  if (medium.damage) throw damaged(window, medium.damage.message);
  if (medium.flb !== FLB_SIZE || medium.softSize !== FLB_SIZE) {
    const soft = medium.softSize === 0 ? 'no soft filemarks' : `soft filemarks of ${medium.softSize} bytes`;
    throw foreign(window, `it has blocks of ${medium.flb} bytes and ${soft}; Winback appends where both are ${FLB_SIZE}`, ELSEWHERE);
  }
  const marks = filemarksFromEnd(window, medium);
  if (marks && endsClean(window, marks)) return { at: window.size, marks, torn: 0, markMissing: false };
  return fromTornEnd(window, medium);
}

/** Whether the last filemark follows the end of a set, or the TAPE of a file without sets. */
function endsClean(window: FileWindow, marks: readonly number[]): boolean {
  const last = marks.at(-1) ?? 0;
  if (marks.length === 1) return peekBlock(window, 0)?.type === BlockType.TAPE;
  const before = (marks.at(-2) ?? 0) + FLB_SIZE;
  return before < last && peekBlock(window, before)?.type === BlockType.ESET;
}

function fromTornEnd(window: FileWindow, medium: Medium): AppendPoint {
  const walk = walkForward(window, medium);
  const first = walk.damage[0];
  const at = walk.committedEnd;
  if (first && (walk.wholeBehindDamage || first.where.offset < at)) throw damaged(window, first.message);
  const torn = window.size - at;
  const open = walk.sets.find((set) => set.at >= at);
  const ours = open ? readSetHead(window, open).vendorId === VENDOR_WINBACK : medium.ours;
  if (torn > 0 && !ours) {
    throw foreign(
      window,
      `it ends with ${torn} bytes, from byte 0x${at.toString(16)} on, that belong to no finished set, and another program wrote them`,
      ELSEWHERE,
    );
  }
  const marks = walk.marks.filter((mark) => mark < at);
  return { at, marks, torn, markMissing: at > 0 && marks.at(-1) !== at - FLB_SIZE };
}

const damaged = (window: FileWindow, problem: string): TargetError =>
  new TargetError(
    'TARGET_DAMAGED',
    `${window.path} cannot be appended to: ${problem}`,
    { path: window.path },
    { hint: `${ELSEWHERE}, and "winback verify" lists what is damaged in it` },
  );
