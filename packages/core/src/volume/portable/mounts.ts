import { readFileSync } from 'node:fs';
import { bytesToText } from '../../text/file-name.js';

/** One line of /proc/self/mountinfo. */
export interface Mount {
  readonly id: number;
  /** `major:minor`. */
  readonly device: string;
  readonly point: string;
  readonly fileSystem: string;
  readonly source: string;
}

/** The kernel writes blanks, tabs, newlines and backslashes of a name as octal numbers. */
function unescapeOctal(field: Uint8Array): string {
  const out: number[] = [];
  for (let i = 0; i < field.length; i++) {
    const digits = field[i] === 0x5c ? /^[0-3][0-7]{2}$/.exec(String.fromCharCode(...field.subarray(i + 1, i + 4))) : null;
    if (digits) {
      out.push(parseInt(digits[0], 8));
      i += 3;
    } else out.push(field[i]!);
  }
  return bytesToText(Uint8Array.from(out));
}

/** Parses mountinfo (proc_pid_mountinfo(5)); lines that make no sense are left out. */
export function parseMounts(text: Uint8Array): Mount[] {
  const mounts: Mount[] = [];
  for (const line of Buffer.from(text).toString('latin1').split('\n')) {
    const fields = line.split(' ');
    const separator = fields.indexOf('-', 6);
    const [id, , device, , point] = fields;
    const [fileSystem, source] = separator < 0 ? [] : fields.slice(separator + 1);
    if (id === undefined || device === undefined || point === undefined || fileSystem === undefined) continue;
    const decode = (field: string): string => unescapeOctal(Buffer.from(field, 'latin1'));
    mounts.push({ id: Number(id), device, point: decode(point), fileSystem: decode(fileSystem), source: decode(source ?? '') });
  }
  return mounts;
}

export const readMounts = (): Mount[] => parseMounts(readFileSync('/proc/self/mountinfo'));

const holds = (point: string, path: string): boolean => point === '/' || path === point || path.startsWith(`${point}/`);

/** The mount that a path lies in: the one of that number, or, before Linux 5.8, the innermost whose place the path lies below. */
export function mountOf(mounts: readonly Mount[], path: string, id: number): Mount | undefined {
  const exact = mounts.find((mount) => mount.id === id && holds(mount.point, path));
  if (exact) return exact;
  let best: Mount | undefined;
  for (const mount of mounts) if (holds(mount.point, path) && (!best || mount.point.length >= best.point.length)) best = mount;
  return best;
}
