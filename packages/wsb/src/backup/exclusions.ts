import { UsageError } from '@winback/core';
import picomatch from 'picomatch';

/** Says whether a path is left out of a backup. `displayed` is the whole path, `/`-separated. */
export type Exclusion = (displayed: string, isDirectory: boolean) => boolean;

/**
 * Patterns as users know them from other tools:
 *
 * - without a slash, a pattern is matched against names anywhere: `*.tmp`, `node_modules`;
 * - with one, against whole paths: `/home/joe/.cache`, `C:/Users/joe/Temp`; a pattern that does not begin at a root may begin anywhere: `cache/*.db`;
 * - a slash at the end means folders only;
 * - `*` stays inside a name, `**` crosses folders, `?` is one character, `[ab]` and `{a,b}` are choices. Names with a leading dot are no exception.
 *
 * What is left out takes everything below with it.
 */
export function compileExclusions(patterns: readonly string[], ignoreCase: boolean): Exclusion {
  const tests = patterns.map((pattern) => compile(pattern, ignoreCase));
  if (tests.length === 0) return () => false;
  return (displayed, isDirectory) => tests.some((test) => test(displayed, isDirectory));
}

function compile(pattern: string, ignoreCase: boolean): Exclusion {
  const normal = /^[A-Za-z]:\\|^\\\\/.test(pattern) ? pattern.replaceAll('\\', '/') : pattern;
  const directoriesOnly = normal.endsWith('/');
  const bare = directoriesOnly ? normal.slice(0, -1) : normal;
  const rooted = bare.startsWith('/') || /^[A-Za-z]:\//.test(bare);
  if (bare === '') {
    const message = pattern === '' ? 'a pattern to leave files out is empty' : `the pattern ${pattern} leaves everything out`;
    throw new UsageError(message, { pattern }, { hint: 'patterns are like *.tmp, node_modules/ or /home/joe/.cache' });
  }
  const byName = !bare.includes('/');
  const options = { dot: true, nocase: ignoreCase, noextglob: true, nonegate: true };
  const matches = picomatch(byName || rooted ? bare : `**/${bare}`, options);
  return (displayed, isDirectory) => {
    if (directoriesOnly && !isDirectory) return false;
    return matches(byName ? displayed.slice(displayed.lastIndexOf('/') + 1) : rooted ? displayed : displayed.replace(/^\/+/, ''));
  };
}
