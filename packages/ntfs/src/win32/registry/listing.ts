import type { RegistryValue } from '@winback/core';
import type { Handle } from '../ffi/declarations.js';
import { Win32Error } from '../win32-error.js';
import type { RegistryCalls } from './registry-calls.js';
import { isGone } from './registry-problems.js';

/** How often a key is listed anew that others change while it is listed. */
const ATTEMPTS = 4;

/** What of a key could be listed, and what ended it early. */
export interface Listing<T> {
  readonly items: readonly T[];
  readonly failure?: Win32Error;
}

/** Windows counts keys and values, and their numbers move when one is deleted: a key that changed meanwhile is listed anew. */
function listing<T>(calls: RegistryCalls, key: Handle, itemAt: (index: number) => T | undefined): Listing<T> {
  for (let attempt = 1; ; attempt++) {
    const items: T[] = [];
    try {
      const before = calls.information(key).lastWrite;
      for (let item = itemAt(0); item !== undefined; item = itemAt(items.length)) items.push(item);
      if (attempt === ATTEMPTS || calls.information(key).lastWrite === before) return { items };
    } catch (failure) {
      if (!(failure instanceof Win32Error)) throw failure;
      return isGone(failure) ? { items } : { items, failure };
    }
  }
}

export const listSubkeys = (calls: RegistryCalls, key: Handle): Listing<string> =>
  listing(calls, key, (index) => calls.subkeyAt(key, index));

export const listValueNames = (calls: RegistryCalls, key: Handle): Listing<string> =>
  listing(calls, key, (index) => calls.valueNameAt(key, index));

export const listValues = (calls: RegistryCalls, key: Handle): Listing<RegistryValue> =>
  listing(calls, key, (index) => calls.valueAt(key, index));
