import { SourceError, type FileProblem, type WinbackError } from '@winback/core';

/** How a path is shown: the root of a volume has no name of its own. */
export const shown = (path: string): string => (path === '' ? 'the root of the volume' : path);

/** What of a file cannot be had because of what its volume holds. */
export function unreadable(path: string, what: string, cause: WinbackError): SourceError {
  return new SourceError(
    'SOURCE_UNREADABLE',
    `${shown(path)}: ${what} cannot be read: ${cause.message}`,
    { ...cause.details, path },
    { cause },
  );
}

export const incomplete = (path: string, what: string, cause: WinbackError): FileProblem => ({
  path,
  error: unreadable(path, what, cause),
  effect: 'incomplete',
});
