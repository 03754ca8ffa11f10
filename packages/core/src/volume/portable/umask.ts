import { readFileSync } from 'node:fs';
import { nodeErrno } from '../../errors/index.js';

/**
 * The bits that the system takes away from the mode of a new file. Read without changing them, as umask(2) would for a moment, for
 * all threads. All bits, which fits no mode, where the system does not say.
 */
export function readUmask(): number {
  try {
    const [, octal = '777'] = /^Umask:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return parseInt(octal, 8);
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    return 0o777;
  }
}
