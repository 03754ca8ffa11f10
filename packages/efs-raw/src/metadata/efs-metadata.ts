import { FormatError, parseSid, sidToString } from '@winback/core';
import { EFS_METADATA_LIMIT } from './limits.js';
import { CertificateData, KeyListEntry, MetadataHeader, PublicKeyInfo } from './metadata.layout.js';
import { decodeProtected, type ProtectedMetadata } from './protected-metadata.js';

/** How the key of a file was encrypted for somebody. */
export const KeyProtection = { RSA: 0, SIGNATURE: 1 } as const;

/** Somebody who can open a file: a user, or a recovery agent. */
export interface EfsKeyEntry {
  /** {@link KeyProtection}. */
  readonly flags: number;
  readonly encryptedFek: Uint8Array;
  /** S-1-5-…; undefined where the entry names none, or none that makes sense. */
  readonly sid: string | undefined;
  /** SHA-1 of the certificate, hexadecimal in small letters. */
  readonly thumbprint: string | undefined;
  readonly container: string | undefined;
  readonly provider: string | undefined;
  readonly displayName: string | undefined;
  /** The whole entry as it stands in the file. */
  readonly bytes: Uint8Array;
}

/** What opens an encrypted file. */
export interface EfsMetadata {
  readonly kind: 'keys';
  /** 1 to 3. */
  readonly version: number;
  readonly efsId: string;
  readonly users: readonly EfsKeyEntry[];
  readonly recoveryAgents: readonly EfsKeyEntry[];
}

const wrong = (
  code: 'FORMAT_SHORT' | 'FORMAT_RANGE' | 'FORMAT_UNSUPPORTED',
  struct: string,
  field: string,
  problem: string,
  offset: number,
  actual?: unknown,
): FormatError => new FormatError(code, problem, { struct, field, offset, actual });

/**
 * Reads the `$EFS` attribute of a file.
 * @throws FORMAT_SHORT, FORMAT_RANGE, FORMAT_UNSUPPORTED (an unknown version)
 */
export function decodeEfsMetadata(bytes: Uint8Array): EfsMetadata | ProtectedMetadata {
  // The first bytes of rights-managed containers are text.
  const isContainer = Buffer.from(bytes.subarray(0, 6)).toString('latin1') === '.pfile';
  if (isContainer) return { kind: 'protected', version: 6, efsId: undefined, algorithm: undefined, users: [], recoveryAgents: [] };
  if (bytes.length > EFS_METADATA_LIMIT)
    throw wrong('FORMAT_RANGE', MetadataHeader.name, 'length', `${bytes.length} bytes, at most ${EFS_METADATA_LIMIT} are allowed`, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes.length >= 12 ? view.getUint32(8, true) : 0;
  if (version >= 4 && version <= 6) return decodeProtected(bytes, version);
  const header = MetadataHeader.decode(bytes);
  if (version < 1 || version > 3)
    throw wrong('FORMAT_UNSUPPORTED', MetadataHeader.name, 'version', `version ${version} is not known`, 8, version);
  if (header.length > bytes.length || header.length < MetadataHeader.size)
    throw wrong('FORMAT_SHORT', MetadataHeader.name, 'length', `says ${header.length} bytes, there are ${bytes.length}`, 0, header.length);
  const whole = bytes.subarray(0, header.length);
  return {
    kind: 'keys',
    version,
    efsId: header.efsId,
    users: header.ddfOffset === 0 ? [] : decodeList(whole, header.ddfOffset, 'ddfOffset'),
    recoveryAgents: header.drfOffset === 0 ? [] : decodeList(whole, header.drfOffset, 'drfOffset'),
  };
}

function decodeList(bytes: Uint8Array, at: number, field: 'ddfOffset' | 'drfOffset'): EfsKeyEntry[] {
  if (at < MetadataHeader.size || at + 4 > bytes.length)
    throw wrong('FORMAT_RANGE', MetadataHeader.name, field, `a key list cannot stand at byte ${at}`, MetadataHeader.offsetOf(field), at);
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
  const room = bytes.length - at - 4;
  if (count * KeyListEntry.size > room)
    throw wrong('FORMAT_SHORT', KeyListEntry.name, 'count', `${count} entries do not fit ${room} bytes`, at, count);
  const entries: EfsKeyEntry[] = [];
  for (let i = 0, place = at + 4; i < count; i++) {
    const entry = decodeEntry(bytes, place);
    entries.push(entry);
    place += entry.bytes.length;
  }
  return entries;
}

function decodeEntry(whole: Uint8Array, at: number): EfsKeyEntry {
  const head = KeyListEntry.decode(whole, at);
  if (head.length < KeyListEntry.size || at + head.length > whole.length)
    throw wrong('FORMAT_SHORT', KeyListEntry.name, 'length', `an entry of ${head.length} bytes does not fit`, at, head.length);
  const bytes = whole.slice(at, at + head.length);
  const { encryptedFekOffset: fekAt, encryptedFekLength: fekLength } = head;
  if (fekAt < KeyListEntry.size || fekAt + fekLength > bytes.length)
    throw wrong('FORMAT_SHORT', KeyListEntry.name, 'encryptedFekOffset', `a key of ${fekLength} bytes does not fit`, at + 0x0c, fekAt);
  return {
    flags: head.flags,
    encryptedFek: bytes.slice(fekAt, fekAt + fekLength),
    ...decodeOwner(bytes, head.publicKeyInfoOffset, at),
    bytes,
  };
}

type Owner = Pick<EfsKeyEntry, 'sid' | 'thumbprint' | 'container' | 'provider' | 'displayName'>;
const NOBODY: Owner = { sid: undefined, thumbprint: undefined, container: undefined, provider: undefined, displayName: undefined };

/** Whose entry it is. What makes no sense there does not keep a key from being tried. */
function decodeOwner(entry: Uint8Array, at: number, origin: number): Owner {
  if (at < KeyListEntry.size || at + PublicKeyInfo.size > entry.length) return NOBODY;
  const info = PublicKeyInfo.decode(entry, at, origin);
  const bytes = entry.subarray(at, Math.min(entry.length, at + Math.max(info.length, PublicKeyInfo.size)));
  const sid = info.sidOffset === 0 ? undefined : sidAt(bytes, info.sidOffset);
  const { certificateOffset: start } = info;
  const certificate = bytes.subarray(start, start + info.certificateLength);
  if (start < PublicKeyInfo.size || certificate.length < CertificateData.size) return { ...NOBODY, sid };
  const data = CertificateData.decode(certificate, 0, origin + at + start);
  const { thumbprintOffset, thumbprintLength } = data;
  const thumbprint = certificate.subarray(thumbprintOffset, thumbprintOffset + thumbprintLength);
  const isWhole = thumbprintOffset > 0 && thumbprint.length > 0 && thumbprint.length === thumbprintLength && thumbprintLength <= 64;
  return {
    sid,
    thumbprint: isWhole ? Buffer.from(thumbprint).toString('hex') : undefined,
    container: textAt(certificate, data.containerOffset),
    provider: textAt(certificate, data.providerOffset),
    displayName: textAt(certificate, data.displayNameOffset),
  };
}

function sidAt(bytes: Uint8Array, at: number): string | undefined {
  try {
    return sidToString(parseSid(bytes, at));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** UTF-16 up to a NUL or the end. */
function textAt(bytes: Uint8Array, at: number): string | undefined {
  if (at === 0 || at >= bytes.length) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) & ~1).toString('utf16le');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
