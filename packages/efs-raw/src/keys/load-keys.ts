import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { EfsError } from '@winback/core';
import { thumbprintOf, type EfsKey } from './efs-key.js';
import { wrongPassword, type KeyFile } from './key-file.js';
import { readPfx } from './pfx.js';

/** A file with keys is never longer. */
const FILE_LIMIT = 1 << 20;
const PEM = /-----BEGIN [A-Z0-9 ]+-----[^-]*-----END [A-Z0-9 ]+-----/g;
const HINT = 'Give a .pfx or .p12 file, or a PEM file with the private key and its certificate.';

/**
 * The private keys in a file: PKCS#12 (.pfx, .p12), PEM, or DER.
 * @throws EFS_PASSWORD, EFS_KEY_FILE
 */
export function loadKeys(file: KeyFile, password?: string): EfsKey[] {
  const { keys, certificates } = read(file, password);
  if (keys.length === 0) throw new EfsError('EFS_KEY_FILE', `${file.name}: holds no private key`, { path: file.name }, { hint: HINT });
  return keys.map((privateKey) => {
    const certificate = certificates.find((one) => one.checkPrivateKey(privateKey));
    return { privateKey, certificate, thumbprint: certificate && thumbprintOf(certificate) };
  });
}

/**
 * The certificates in a file: PEM, DER (.cer), or PKCS#12, where those without a private key come last.
 * @throws EFS_PASSWORD, EFS_KEY_FILE
 */
export function loadCertificates(file: KeyFile, password?: string): X509Certificate[] {
  const { keys, certificates } = read(file, password);
  if (certificates.length === 0) throw new EfsError('EFS_KEY_FILE', `${file.name}: holds no certificate`, { path: file.name });
  const isOwn = (one: X509Certificate): boolean => keys.some((key) => one.checkPrivateKey(key));
  return [...certificates.filter(isOwn), ...certificates.filter((one) => !isOwn(one))];
}

interface Contents {
  readonly keys: readonly KeyObject[];
  readonly certificates: readonly X509Certificate[];
}

function read(file: KeyFile, password: string | undefined): Contents {
  const { bytes, name } = file;
  if (bytes.length > FILE_LIMIT)
    throw new EfsError('EFS_KEY_FILE', `${name}: ${bytes.length} bytes are too many for a file with keys`, { path: name });
  const text = Buffer.from(bytes).toString('latin1');
  if (text.includes('-----BEGIN ')) return readPem(file, text, password);
  return readDer(bytes) ?? readPfx(file, password);
}

function readPem({ name }: KeyFile, text: string, password: string | undefined): Contents {
  const keys: KeyObject[] = [];
  const certificates: X509Certificate[] = [];
  for (const [block] of text.matchAll(PEM)) {
    if (block.startsWith('-----BEGIN CERTIFICATE-----')) {
      const certificate = attempt(() => new X509Certificate(block));
      if (certificate) certificates.push(certificate);
      else throw new EfsError('EFS_KEY_FILE', `${name}: a certificate in it cannot be read`, { path: name });
    } else if (block.includes('PRIVATE KEY-----')) keys.push(readPemKey(name, block, password));
  }
  return { keys, certificates };
}

function readPemKey(name: string, pem: string, password: string | undefined): KeyObject {
  const key = attempt(() => createPrivateKey({ key: pem, format: 'pem', ...(password === undefined ? {} : { passphrase: password }) }));
  if (key) return key;
  if (pem.includes('ENCRYPTED')) throw wrongPassword(name, password);
  throw new EfsError('EFS_KEY_FILE', `${name}: its private key cannot be read`, { path: name });
}

/** Undefined: it is neither a certificate nor an open private key. */
function readDer(bytes: Uint8Array): Contents | undefined {
  const der = Buffer.from(bytes);
  const certificate = attempt(() => new X509Certificate(der));
  if (certificate) return { keys: [], certificates: [certificate] };
  for (const type of ['pkcs8', 'pkcs1'] as const) {
    const key = attempt(() => createPrivateKey({ key: der, format: 'der', type }));
    if (key) return { keys: [key], certificates: [] };
  }
  return undefined;
}

/** Undefined where OpenSSL refuses: its texts help nobody, and may tell of what is in a key. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}
