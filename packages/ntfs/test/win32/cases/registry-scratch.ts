import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { CaseContext, WindowsCase } from '../case.js';
import { WindowsRegistryStore } from '../../../src/win32/registry/windows-registry-store.js';

/** Above everything that the cases make. */
const SCRATCH = 'HKEY_CURRENT_USER\\Software\\Winback tests';

/** Runs `body` with the live registry and an empty key, which is deleted with all below it whatever comes of it. */
export function inScratchKey(body: (store: WindowsRegistryStore, root: string) => void): void {
  const root = `${SCRATCH}\\${process.pid}`;
  using store = new WindowsRegistryStore();
  store.deleteKey(root);
  store.createKey(root);
  try {
    body(store, root);
  } finally {
    store.deleteKey(root);
    store.deleteKey(SCRATCH);
  }
}

/** A case with an empty key of its own. */
export const scratchCase = (
  name: string,
  body: (store: WindowsRegistryStore, root: string, context: CaseContext) => void,
  wineLacks?: WindowsCase['wineLacks'],
): WindowsCase => ({
  name: `registry: ${name}`,
  run: (context) => inScratchKey((store, root) => body(store, root, context)),
  ...(wineLacks && { wineLacks }),
});

const REG_EXE = join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'reg.exe');

/** Runs reg.exe of the system (under Wine: Wine's): another program, with code of its own. */
export const regExe = (...args: string[]): string => execFileSync(REG_EXE, args, { encoding: 'latin1', timeout: 60_000 });
