import type { Handle } from '../ffi/declarations.js';
import { KeyAccess, KeyOption } from '../ffi/registry.js';
import { checkNoNul } from './key-place.js';
import { listSubkeys } from './listing.js';
import type { RegistryCalls } from './registry-calls.js';
import { isGone } from './registry-problems.js';

const DELETE = 0x1_0000;
/** What {@link deleteTree} needs of a key. */
export const DELETE_ACCESS = DELETE | KeyAccess.QUERY_VALUE | KeyAccess.ENUMERATE_SUB_KEYS;
/** How often keys are deleted that others make anew meanwhile. */
const ATTEMPTS = 4;

/**
 * Deletes an open key with all below it. Links are deleted themselves: they are opened as what they are, and deleted by their handle, so
 * that nothing behind one is reached, also if a key becomes a link meanwhile. What vanishes by itself is left to.
 * @throws Win32Error, REGISTRY_NAME; what was deleted until then is gone
 */
export function deleteTree(calls: RegistryCalls, key: Handle, path: string): void {
  for (let attempt = 1; ; attempt++) {
    const { items, failure } = listSubkeys(calls, key);
    for (const name of items) deleteBelow(calls, key, name, `${path}\\${name}`);
    if (failure !== undefined) throw failure;
    try {
      calls.deleteKey(key);
      return;
    } catch (error) {
      if (isGone(error)) return;
      if (attempt === ATTEMPTS || listSubkeys(calls, key).items.length === 0) throw error;
    }
  }
}

function deleteBelow(calls: RegistryCalls, parent: Handle, name: string, path: string): void {
  checkNoNul(path, name);
  let key: Handle;
  try {
    key = calls.open(parent, name, KeyOption.OPEN_LINK, DELETE_ACCESS);
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  try {
    deleteTree(calls, key, path);
  } finally {
    calls.close(key);
  }
}
