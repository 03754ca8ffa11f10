import type { FileEntry } from '@winback/core';

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);

/**
 * The facts in which two entries differ, in words. Not compared: access times, which reading changes; change and creation times,
 * which no POSIX system lets anybody set; facts that only one side knows of (a system that has no such fact cannot differ in it).
 */
export function factDifferences(stored: FileEntry, found: FileEntry): string[] {
  const out: string[] = [];
  const differ = (what: string, a: unknown, b: unknown): void => {
    if (a !== b) out.push(`${what} is ${String(b)}, was ${String(a)}`);
  };
  if (stored.kind !== found.kind) return [`is a ${found.kind}, was a ${stored.kind}`];
  if (stored.kind === 'file') differ('size', stored.size, found.size);
  differ('time of last write', stored.times.lastWrite, found.times.lastWrite);
  if (stored.linkTarget !== undefined || found.linkTarget !== undefined) {
    differ('link target', JSON.stringify(stored.linkTarget), JSON.stringify(found.linkTarget));
  }
  const [a, b] = [stored.posix, found.posix];
  if (a && b) {
    differ('mode', `0${a.mode.toString(8)}`, `0${b.mode.toString(8)}`);
    differ('owner', a.userId, b.userId);
    differ('group', a.groupId, b.groupId);
    differ('device', a.device && `${a.device.major}:${a.device.minor}`, b.device && `${b.device.major}:${b.device.minor}`);
    for (const name of new Set([...(a.xattrs?.keys() ?? []), ...(b.xattrs?.keys() ?? [])])) {
      const [left, right] = [a.xattrs?.get(name), b.xattrs?.get(name)];
      if (!sameBytes(left, right)) {
        out.push(
          `extended attribute ${name} ${left === undefined ? 'was not there' : right === undefined ? 'is missing' : 'has another value'}`,
        );
      }
    }
  }
  if (stored.securityDescriptor && found.securityDescriptor && !sameBytes(stored.securityDescriptor, found.securityDescriptor)) {
    out.push('security descriptor differs');
  }
  return out;
}
