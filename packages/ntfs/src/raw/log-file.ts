import { isWinbackError } from '@winback/core';
import { RestartArea, RestartPage } from './layouts/index.js';

const PAGES_MAX = 65_536;
const NO_CLIENT = 0xffff;
const CLEAN = 2;
/** How many bytes of $LogFile {@link isLogClean} looks at. */
export const LOG_HEAD = 2 * PAGES_MAX;

/**
 * Whether $LogFile holds nothing that is still to be carried out. A log that was never used has no restart pages.
 * @param head its first bytes, {@link LOG_HEAD} if there are as many
 */
export function isLogClean(head: Uint8Array): boolean {
  const first = readPage(head, 0);
  const second = readPage(head, first?.pageSize ?? 4096);
  const last = first && second ? (second.sequence > first.sequence ? second : first) : (first ?? second);
  return last?.clean ?? true;
}

function readPage(head: Uint8Array, at: number): { pageSize: number; sequence: bigint; clean: boolean } | undefined {
  try {
    const page = RestartPage.decode(head, at);
    const area = RestartArea.decode(head, at + page.restartAreaOffset);
    const clean = area.clientInUseList === NO_CLIENT || (area.flags & CLEAN) !== 0;
    return { pageSize: Math.min(PAGES_MAX, Math.max(512, page.systemPageSize)), sequence: area.currentSequence, clean };
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return undefined;
  }
}
