import { asOnVolume, encodeExtendedAttributes, encodeFineTimes, encodePosixFacts, type FileEntry } from '@winback/core';

/** XATTR_SIZE_MAX, and what the $EA attribute has room for. */
const LIST_MAX = 65_536;

/** The extended attributes of a file as they are on a volume, empty where none of them fits, and the names of those that found no room among them. */
export interface FittingAttributes {
  readonly list: Uint8Array;
  readonly leftOut: readonly string[];
}

/**
 * Windows' own extended attributes, with those that carry what POSIX knows and NTFS does not; undefined when there are none.
 * When all together are too many, the largest attributes of POSIX stay away, and then the largest of Windows.
 */
export function fittingAttributes({ posix, extendedAttributes = [], times }: FileEntry): FittingAttributes | undefined {
  const fine = posix && encodeFineTimes(times);
  const others = fine ? [...extendedAttributes, fine] : extendedAttributes;
  if (!posix && others.length === 0) return undefined;
  const xattrs = [...(posix?.xattrs ?? [])].sort(([, a], [, b]) => b.length - a.length);
  const largest = [...others].sort((a, b) => b.value.length - a.value.length);
  const without = (count: number): Uint8Array => {
    const gone = new Set(largest.slice(0, Math.max(0, count - xattrs.length)));
    const kept = others.filter((other) => !gone.has(other));
    return asOnVolume(posix ? encodePosixFacts({ ...posix, xattrs: new Map(xattrs.slice(count)) }, kept) : encodeExtendedAttributes(kept));
  };
  const most = xattrs.length + others.length;
  const list = without(0);
  if (list.length <= LIST_MAX) return { list, leftOut: [] };
  // The fewest that have to go: a list may have tens of thousands.
  let [tooFew, enough] = [0, most];
  while (tooFew + 1 < enough) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (without(middle).length <= LIST_MAX) enough = middle;
    else tooFew = middle;
  }
  const names = [...xattrs.map(([name]) => name), ...largest.map(({ name }) => name)];
  return { list: without(enough), leftOut: names.slice(0, enough) };
}
