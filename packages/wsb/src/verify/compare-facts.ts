import type { FileEntry, PosixFacts } from '@winback/core';
import { sameBytes } from './same-bytes.js';
import { windowsDifferences } from './compare-windows-facts.js';

/**
 * The facts in which two entries differ, in words. Not compared: access times, which reading changes; change times, which nobody sets;
 * facts that only one side knows of (a system that has no such fact cannot differ in it), POSIX's times of creation among them.
 */
export function factDifferences(stored: FileEntry, found: FileEntry): string[] {
  if (stored.kind !== found.kind) return [`is a ${found.kind}, was a ${stored.kind}`];
  const differences = new Differences();
  if (stored.kind === 'file') differences.add('size', stored.size, found.size);
  differences.add('time of last write', stored.times.lastWrite, found.times.lastWrite);
  if (stored.linkTarget !== undefined || found.linkTarget !== undefined) {
    // Windows' separators become POSIX' own where there is no reparse point to hold them.
    const inWords = (target = ''): string => JSON.stringify(stored.posix ? target : target.replaceAll('\\', '/'));
    differences.add('link target', inWords(stored.linkTarget), inWords(found.linkTarget));
  }
  if (stored.posix && found.posix) comparePosix(stored.posix, found.posix, differences);
  return [...differences.words, ...windowsDifferences(stored, found)];
}

class Differences {
  readonly words: string[] = [];
  add(what: string, stored: unknown, found: unknown): void {
    if (stored !== found) this.words.push(`${what} is ${String(found)}, was ${String(stored)}`);
  }
}

function comparePosix(a: PosixFacts, b: PosixFacts, differences: Differences): void {
  differences.add('mode', `0${a.mode.toString(8)}`, `0${b.mode.toString(8)}`);
  differences.add('owner', a.userId, b.userId);
  differences.add('group', a.groupId, b.groupId);
  differences.add('device', a.device && `${a.device.major}:${a.device.minor}`, b.device && `${b.device.major}:${b.device.minor}`);
  for (const name of new Set([...(a.xattrs?.keys() ?? []), ...(b.xattrs?.keys() ?? [])])) {
    const [left, right] = [a.xattrs?.get(name), b.xattrs?.get(name)];
    if (sameBytes(left, right)) continue;
    const how = left === undefined ? 'was not there' : right === undefined ? 'is missing' : 'has another value';
    differences.words.push(`extended attribute ${name} ${how}`);
  }
}
