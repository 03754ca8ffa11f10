import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IMAGE_KINDS, mountImage, type MountedImage } from '@winback/core/testing';

const USER = '1.3.6.1.4.1.311.10.3.4';
const AGENT = '1.3.6.1.4.1.311.10.3.4.1';
const PASSWORD = 'secret';

const hasPrograms = ['openssl', 'ntfsdecrypt', 'setsid', 'setfattr', 'ntfs-3g', 'mkntfs'].filter(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
);
const probe = hasPrograms.length > 0 ? { reason: `needs ${hasPrograms.join(', ')}` } : mountImage(IMAGE_KINDS.ntfs);
if (!('reason' in probe)) probe.unmount();
/** Why encrypted files cannot be tried on NTFS here; undefined: they can. */
export const whyNoNtfs = 'reason' in probe ? probe.reason : undefined;

export interface TestKey {
  readonly name: string;
  readonly cert: string;
  readonly pfx: string;
  readonly thumbprint: string;
}

/** A certificate and its key as files, made by openssl. */
export function makeKey(folder: string, name: string, { agent = false, days = 1000 }: { agent?: boolean; days?: number } = {}): TestKey {
  const at = (suffix: string): string => join(folder, `${name}.${suffix}`);
  const oid = agent ? AGENT : USER;
  const openssl = (...args: string[]): string => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  // ntfsdecrypt loses the last digit of the purposes that GnuTLS tells it: it needs one more.
  const purpose = `extendedKeyUsage=${oid},${oid}0`;
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    at('key'),
    '-out',
    at('pem'),
    '-subj',
    `/CN=${name}`,
    '-days',
    String(days),
    '-addext',
    purpose,
  );
  openssl('pkcs12', '-export', '-inkey', at('key'), '-in', at('pem'), '-out', at('pfx'), '-passout', `pass:${PASSWORD}`);
  const fingerprint = openssl('x509', '-in', at('pem'), '-noout', '-fingerprint', '-sha1');
  return { name, cert: at('pem'), pfx: at('pfx'), thumbprint: fingerprint.replace(/^.*=/, '').replaceAll(':', '').trim().toLowerCase() };
}

/** An NTFS volume that takes and shows ciphertext. */
export function mountNtfs(options = 'efs_raw,streams_interface=windows', size = '64M'): MountedImage {
  const mounted = mountImage({ ...IMAGE_KINDS.ntfs, options, size });
  if ('reason' in mounted) throw new TypeError(mounted.reason);
  return mounted;
}

/** What ntfsdecrypt makes of a file of a volume, which must not be mounted meanwhile. */
export function ntfsdecrypt(image: string, path: string, pfx: string): Buffer {
  const script = `(echo ${PASSWORD}) | setsid -w ntfsdecrypt -k "$1" "$2" "$3"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', pfx, image, path], { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`ntfsdecrypt: ${String(stderr)}`);
  return stdout;
}

/** Replaces the content of an encrypted file of a volume by what ntfsdecrypt -e makes of these bytes. */
export function ntfsencrypt(image: string, path: string, pfx: string, content: Uint8Array): void {
  const script = `(echo ${PASSWORD}; cat) | setsid -w ntfsdecrypt -e -k "$1" "$2" "$3"`;
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', pfx, image, path], { input: content, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`ntfsdecrypt -e: ${String(stderr)}`);
}

export const passwordFile = (folder: string): string => {
  const path = join(folder, 'password');
  if (!existsSync(path)) writeFileSync(path, `${PASSWORD}\n`);
  return path;
};
