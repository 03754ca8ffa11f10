import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';

const TMPFS = 0x0102_1994;

/** Bytes of a file that are in the page cache, as fincore(1) tells; undefined where nobody tells, or the file is nowhere else. */
export function cachedBytes(path: string): number | undefined {
  if (statfsSync(path).type === TMPFS) return undefined;
  const { status, stdout } = spawnSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', path], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}
