import type { AnyStruct } from '@winback/core';

/** Every structure table of this package. */
export const layouts: readonly AnyStruct[] = [];
