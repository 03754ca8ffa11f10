import { upcaseName } from '../registry-name.js';

/** A file name with `*` and `?`, as Windows' file calls match it. */
export interface NamePattern {
  /** Every name matches. */
  readonly isAll: boolean;
  /** Undefined where there are wildcards: the one name that matches, folded as {@link matches} expects it. */
  readonly literal: string | undefined;
  /** What every name that matches ends with, folded. Empty where that is not known. */
  readonly ending: string;
  /** @param name folded: in upper case, or as it is where case matters */
  matches(name: string): boolean;
}

export const hasWildcard = (name: string): boolean => /[*?]/.test(name);

/** Names in upper case, or as they are. */
export const foldName = (name: string, caseSensitive: boolean): string => (caseSensitive ? name : upcaseName(name));

/** `NAME.*` also matches NAME without a dot, and so `*.*` matches everything. */
export function namePattern(text: string, caseSensitive: boolean): NamePattern {
  const pattern = foldName(text, caseSensitive);
  if (!hasWildcard(pattern)) return { isAll: false, literal: pattern, ending: pattern, matches: (name) => name === pattern };
  const bare = pattern.endsWith('.*') ? pattern.slice(0, -2) : undefined;
  if (/^\*+$/.test(pattern) || (bare !== undefined && /^\*+$/.test(bare)))
    return { isAll: true, literal: undefined, ending: '', matches: () => true };
  const ending = /[^*?]*$/.exec(pattern)?.[0] ?? '';
  if (pattern === `*${ending}`) return { isAll: false, literal: undefined, ending, matches: (name) => name.endsWith(ending) };
  const matches = (name: string): boolean => glob(pattern, name) || (bare !== undefined && glob(bare, name));
  return { isAll: false, literal: undefined, ending, matches };
}

/** Takes time in proportion to both lengths at worst: after a mismatch only the last `*` takes one character more. */
function glob(pattern: string, name: string): boolean {
  let [p, n, star, mark] = [0, 0, -1, 0];
  while (n < name.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
