import { EfsError } from '@winback/core';
import { KeyProtection, type EfsKeyEntry, type EfsMetadata } from '../metadata/efs-metadata.js';
import { decodeFek, type FileKey } from '../metadata/fek.js';
import type { ProtectedMetadata } from '../metadata/protected-metadata.js';
import { certificateWarnings, describeCertificate, type EfsKey } from './efs-key.js';
import { decryptWithRsa } from './fek-cipher.js';

/** A file whose key is known. */
export interface Unlocked {
  readonly fileKey: FileKey;
  readonly entry: EfsKeyEntry;
  readonly as: 'user' | 'recovery agent';
  /** What is amiss with the certificate, though it served. */
  readonly warnings: readonly string[];
}

/**
 * Finds the entry that one of the keys opens: first by the certificate's thumbprint, then by trying, since a certificate may have been
 * renewed with the same key.
 * @param now milliseconds since 1970
 * @throws EFS_NO_KEY, EFS_KEY_WRONG, EFS_UNSUPPORTED
 */
export function unlock(metadata: EfsMetadata | ProtectedMetadata, keys: readonly EfsKey[], now: number): Unlocked {
  if (metadata.kind === 'protected') throw unsupported(metadata);
  const { users, recoveryAgents } = metadata;
  const all = [
    ...users.map((entry) => ({ entry, as: 'user' as const })),
    ...recoveryAgents.map((entry) => ({ entry, as: 'recovery agent' as const })),
  ];
  const pairs = keys.flatMap((key) =>
    all.map((one) => ({ key, ...one, named: key.thumbprint !== undefined && key.thumbprint === one.entry.thumbprint })),
  );
  const named = pairs.filter((pair) => pair.named);
  for (const { key, entry, as } of [...named, ...pairs.filter((pair) => !pair.named)]) {
    if (entry.flags !== KeyProtection.RSA) continue;
    const plain = decryptWithRsa(key.privateKey, entry.encryptedFek);
    const fileKey = plain && decodeFek(plain);
    if (fileKey) return { fileKey, entry, as, warnings: key.certificate ? certificateWarnings(key.certificate, now) : [] };
  }
  throw whyNot(named, all);
}

type Candidates = readonly { readonly entry: EfsKeyEntry; readonly as: string }[];

function whyNot(named: readonly { readonly key: EfsKey; readonly entry: EfsKeyEntry }[], all: Candidates): EfsError {
  const [first] = named;
  if (first) {
    const who = first.key.certificate ? describeCertificate(first.key.certificate) : 'the given key';
    if (first.entry.flags !== KeyProtection.RSA) {
      const message = `the file's key is protected by a signature of ${who} (a smart card's), which is not supported`;
      return new EfsError('EFS_UNSUPPORTED', message, { flags: first.entry.flags });
    }
    return new EfsError('EFS_KEY_WRONG', `the file names the certificate of ${who}, but its private key does not open the file's key`, {
      thumbprint: first.key.thumbprint,
    });
  }
  const fitting = all.map(({ entry, as }) => ({ as, thumbprint: entry.thumbprint, name: entry.displayName, sid: entry.sid }));
  const told = fitting.map(({ as, thumbprint = 'unknown', name }) => `${thumbprint} (${name === undefined ? as : `${as} ${name}`})`);
  return new EfsError(
    'EFS_NO_KEY',
    'the file is not encrypted for any of the given keys',
    { fitting },
    { hint: told.length === 0 ? 'The file names nobody who could open it.' : `Certificates that would fit: ${told.join(', ')}.` },
  );
}

function unsupported({ version }: ProtectedMetadata): EfsError {
  const what = version === 6 ? 'rights management' : 'keys of elliptic curves or a work folder';
  return new EfsError('EFS_UNSUPPORTED', `metadata of version ${version} (${what}) cannot be opened; it is carried as it is`, { version });
}
