import { createHash } from 'node:crypto';
import { buildSid, EfsError, sidFromString } from '@winback/core';
import { EFS_METADATA_LIMIT } from './limits.js';
import { CertificateData, KeyListEntry, MetadataHeader, PublicKeyInfo } from './metadata.layout.js';

/** A certificate's type of reference in an entry. */
const THUMBPRINT = 3;
const EMPTY = new Uint8Array();

export interface NewKeyEntry {
  readonly encryptedFek: Uint8Array;
  /** {@link KeyProtection}; default RSA. */
  readonly flags?: number;
  /** SHA-1 of the certificate. */
  readonly thumbprint: Uint8Array;
  /** S-1-5-… */
  readonly sid?: string | undefined;
  readonly container?: string | undefined;
  readonly provider?: string | undefined;
  readonly displayName?: string | undefined;
}

const inWords = (bytes: Uint8Array): Uint8Array =>
  bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);

function certificateData(entry: NewKeyEntry): Uint8Array {
  const parts: Uint8Array[] = [];
  let end = CertificateData.size;
  const put = (bytes: Uint8Array): number => {
    const at = end;
    parts.push(bytes);
    end += bytes.length;
    return at;
  };
  const text = (value: string | undefined): number => (value === undefined ? 0 : put(Buffer.from(`${value}\0`, 'utf16le')));
  const head = CertificateData.encode({
    thumbprintOffset: put(entry.thumbprint),
    thumbprintLength: entry.thumbprint.length,
    containerOffset: text(entry.container),
    providerOffset: text(entry.provider),
    displayNameOffset: text(entry.displayName),
  });
  return Buffer.concat([head, ...parts]);
}

/** An entry of a key list. @throws FORMAT_STRUCTURE, FORMAT_RANGE when the SID is none */
export function encodeKeyEntry(entry: NewKeyEntry): Uint8Array {
  const sid = entry.sid === undefined ? EMPTY : buildSid(sidFromString(entry.sid));
  const certificate = certificateData(entry);
  const info = PublicKeyInfo.create({
    length: PublicKeyInfo.size + sid.length + certificate.length,
    sidOffset: sid.length > 0 ? PublicKeyInfo.size : 0,
    type: THUMBPRINT,
    certificateLength: certificate.length,
    certificateOffset: PublicKeyInfo.size + sid.length,
  });
  const owner = inWords(Buffer.concat([PublicKeyInfo.encode(info), sid, certificate]));
  const fekAt = KeyListEntry.size + owner.length;
  const head = KeyListEntry.encode({
    length: fekAt + entry.encryptedFek.length,
    publicKeyInfoOffset: KeyListEntry.size,
    encryptedFekLength: entry.encryptedFek.length,
    encryptedFekOffset: fekAt,
    flags: entry.flags ?? 0,
  });
  return new Uint8Array(Buffer.concat([head, owner, entry.encryptedFek]));
}

function keyList(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) return EMPTY;
  const count = Buffer.alloc(4);
  count.writeUInt32LE(entries.length);
  return inWords(Buffer.concat([count, ...entries]));
}

export interface NewMetadata {
  /** 1 to 3. */
  readonly version: number;
  readonly efsId: string;
  /** Entries as {@link encodeKeyEntry} makes them, or as they stood in another file. */
  readonly users: readonly Uint8Array[];
  readonly recoveryAgents: readonly Uint8Array[];
}

/** A `$EFS` attribute of version 1 to 3. @throws EFS_USER when nobody could open the file, or too many could */
export function encodeEfsMetadata({ version, efsId, users, recoveryAgents }: NewMetadata): Uint8Array {
  if (users.length === 0) throw new EfsError('EFS_USER', 'an encrypted file needs at least one user');
  const [ddf, drf] = [keyList(users), keyList(recoveryAgents)];
  const drfOffset = drf.length > 0 ? MetadataHeader.size + ddf.length : 0;
  const length = MetadataHeader.size + ddf.length + drf.length;
  if (length > EFS_METADATA_LIMIT)
    throw new EfsError(
      'EFS_USER',
      `users and recovery agents take ${length} bytes, more than the ${EFS_METADATA_LIMIT} that Windows allows`,
    );
  const head = MetadataHeader.create({ length, version, efsId, ddfOffset: MetadataHeader.size, drfOffset });
  const bytes = new Uint8Array(Buffer.concat([MetadataHeader.encode(head), ddf, drf]));
  // Windows 2000 refuses metadata without its hash.
  if (version === 1) bytes.set(createHash('md5').update(bytes).digest(), MetadataHeader.offsetOf('hash'));
  return bytes;
}
