import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
import type forge from 'node-forge';
import { EfsError } from '@winback/core';
import { wrongPassword, type KeyFile } from './key-file.js';

type Bag = forge.pkcs12.Bag;

let loaded: typeof forge | undefined;

/** node-forge, loaded on first use: every job has this plugin, and few have a key. */
const load = (): typeof forge => (loaded ??= createRequire(import.meta.url)('node-forge') as typeof forge);

/**
 * What is in a PKCS#12 file. Without a password an empty one is tried, and none.
 * @throws EFS_PASSWORD, EFS_KEY_FILE
 */
export function readPfx(
  file: KeyFile,
  password: string | undefined,
): {
  readonly keys: readonly KeyObject[];
  readonly certificates: readonly X509Certificate[];
} {
  const { name, bytes } = file;
  const { oids } = load().pki;
  const structure = parse(file, Buffer.from(bytes).toString('latin1'));
  for (const tried of password === undefined || password === '' ? ['', undefined] : [password]) {
    const pfx = open(structure, tried, name);
    if (!pfx) continue;
    const bags = (type: string): Bag[] => pfx.getBags({ bagType: type })[type] ?? [];
    return {
      keys: [...bags(oids['pkcs8ShroudedKeyBag'] ?? ''), ...bags(oids['keyBag'] ?? '')].flatMap((bag) => keyOf(bag)),
      certificates: bags(oids['certBag'] ?? '').flatMap((bag) => certificateOf(bag)),
    };
  }
  throw wrongPassword(name, password);
}

function parse({ name }: KeyFile, der: string): forge.asn1.Asn1 {
  try {
    return load().asn1.fromDer(der);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new EfsError('EFS_KEY_FILE', `${name}: is no file with keys or certificates that is known`, { path: name });
  }
}

/** Undefined: the password is another. */
function open(structure: forge.asn1.Asn1, password: string | undefined, name: string): forge.pkcs12.Pkcs12Pfx | undefined {
  try {
    // The types do not know that a file may have no password at all, which is not the same as an empty one.
    return load().pkcs12.pkcs12FromAsn1(structure, false, password);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (/password|MAC could not be verified|decrypt/i.test(error.message)) return undefined;
    throw new EfsError('EFS_KEY_FILE', `${name}: is no PKCS#12 file that can be read`, { path: name });
  }
}

const derOf = (value: forge.asn1.Asn1): Buffer => Buffer.from(load().asn1.toDer(value).getBytes(), 'latin1');

function keyOf({ key, asn1: other }: Bag): KeyObject[] {
  const { pki } = load();
  const der = key ? derOf(pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key))) : derOf(other);
  try {
    return [createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return []; // a key of a kind that nothing here knows
  }
}

function certificateOf({ cert, asn1: other }: Bag): X509Certificate[] {
  try {
    return [new X509Certificate(cert ? derOf(load().pki.certificateToAsn1(cert)) : derOf(other))];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [];
  }
}
