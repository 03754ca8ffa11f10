import {
  asOnVolume,
  encodeExtendedAttributes,
  encodeFineTimes,
  encodePosixFacts,
  type ExtendedAttribute,
  type FileEntry,
  type PosixFacts,
} from '@winback/core';

/** XATTR_SIZE_MAX, and what the $EA attribute has room for. */
const LIST_MAX = 65_536;

/** The extended attributes of a file as they are on a volume, and what found no room among them, in words. */
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
  const others = fine ? [...extendedAttributes, fine] : [...extendedAttributes];
  if (!posix && others.length === 0) return undefined;
  const xattrs = new Map(posix?.xattrs ?? []);
  const leftOut: string[] = [];
  for (;;) {
    const list = asOnVolume(encode(posix && { ...posix, xattrs }, others));
    if (list.length <= LIST_MAX) return { list, leftOut };
    const [name] = largest(xattrs) ?? [];
    if (name === undefined) {
      const [other] = others.sort((a, b) => b.value.length - a.value.length).splice(0, 1);
      if (!other) return undefined;
      leftOut.push(`its extended attribute ${other.name}`);
    } else {
      xattrs.delete(name);
      leftOut.push(`its extended attribute ${name}`);
    }
  }
}

const encode = (posix: PosixFacts | undefined, others: readonly ExtendedAttribute[]): Uint8Array =>
  posix ? encodePosixFacts(posix, others) : encodeExtendedAttributes(others);

function largest(xattrs: ReadonlyMap<string, Uint8Array>): readonly [name: string, value: Uint8Array] | undefined {
  let found: readonly [string, Uint8Array] | undefined;
  for (const one of xattrs) if (!found || one[1].length > found[1].length) found = one;
  return found;
}
