import { CatalogError, TargetError } from '@winback/core';

export const notThere = (uri: string, block: number): TargetError =>
  new TargetError('TARGET_DAMAGED', `${uri}: the end of the last set cannot be found again`, { path: uri, block });

export const noVersion = (uri: string, id: string, known: readonly string[]): CatalogError =>
  new CatalogError(
    'VERSION_NOT_FOUND',
    known.length === 0 ? `${uri} holds no version` : `${uri} holds no version ${id}`,
    { path: uri, id, known },
    { hint: known.length === 0 ? undefined : `it holds ${known.slice(-5).join(', ')}` },
  );
