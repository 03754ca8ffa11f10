import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';

/** Files that Windows wrote; they are not ours to publish. */
const SAMPLES = process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../../../shared/samples');
export const haveSamples = existsSync(join(SAMPLES, 'hives')) && existsSync(join(SAMPLES, 'ntfs'));
export const sample = (path: string): Uint8Array => new Uint8Array(readFileSync(join(SAMPLES, path)));

export function hives(): string[] {
  return readdirSync(join(SAMPLES, 'hives'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(SAMPLES, 'hives', name))
    .filter((path) => statSync(path).isFile() && !/LOG\d/.test(path));
}

/** Debian package xz-utils. */
const XZ = 'xz';

/** The descriptors in the sk cells of a registry hive. */
export function hiveDescriptors(path: string): Uint8Array[] {
  const hive = path.endsWith('.xz') ? execFileSync(XZ, ['-dc', path], { maxBuffer: 2 ** 28 }) : readFileSync(path);
  const found: Uint8Array[] = [];
  for (let at = hive.indexOf('sk'); at >= 4 && at + 20 < hive.length; at = hive.indexOf('sk', at + 1)) {
    const cell = -hive.readInt32LE(at - 4);
    const length = hive.readUInt32LE(at + 16);
    // An allocated cell: its size, "sk", links and counts, the descriptor, and less than 8 bytes to round it up (16 in old hives).
    if ((at - 4) % 8 === 0 && cell >= length + 24 && cell <= length + 40)
      found.push(new Uint8Array(hive.subarray(at + 20, at + 20 + length)));
  }
  return found;
}

export const volumes = (): string[] =>
  readdirSync(join(SAMPLES, 'ntfs'))
    .filter((name) => name.endsWith('.raw.gz'))
    .map((name) => join(SAMPLES, 'ntfs', name));

function securityHash(bytes: Buffer): number {
  let hash = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4) hash = (((hash << 3) | (hash >>> 29)) + bytes.readUInt32LE(at)) >>> 0;
  return hash;
}

const CARRY = 0x2_0000;
const zeros = Buffer.alloc(2 ** 20);

/** The descriptors of an NTFS volume's $Secure:$SDS, found by their entries' own hash anywhere in a compressed image. */
export async function volumeDescriptors(path: string): Promise<Uint8Array[]> {
  const found = new Map<string, Uint8Array>();
  let before = Buffer.alloc(0);
  for await (const piece of createReadStream(path).pipe(createGunzip({ chunkSize: zeros.length }))) {
    const chunk = piece as Buffer;
    if (chunk.equals(zeros)) {
      before = Buffer.alloc(0);
      continue;
    }
    const bytes = Buffer.concat([before, chunk]);
    for (let at = 0; at + 40 <= bytes.length; at += 16) {
      if (bytes[at + 20] !== 1 || ((bytes[at + 23] ?? 0) & 0x80) === 0) continue;
      const entry = bytes.subarray(at, at + bytes.readUInt32LE(at + 16));
      if (entry.length < 40 || entry.length < bytes.readUInt32LE(at + 16)) continue;
      const descriptor = entry.subarray(20);
      if (securityHash(descriptor) === entry.readUInt32LE(0)) found.set(descriptor.toString('hex'), new Uint8Array(descriptor));
    }
    before = bytes.subarray(Math.max(0, bytes.length - CARRY));
  }
  return [...found.values()];
}
