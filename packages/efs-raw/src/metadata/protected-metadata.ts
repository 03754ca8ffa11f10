import { Datum, MetadataV4Header, ProtectorList } from './metadata.layout.js';

/** Somebody in metadata of version 4 or 5, as far as it is told. */
export interface Protector {
  /** SHA-1 of the certificate, hexadecimal. */
  readonly thumbprint: string | undefined;
  /** Texts that the entry has: the name to show, the container, the provider. */
  readonly texts: readonly string[];
}

/** Metadata that is recognised and kept as it is, and cannot be opened: versions 4 and 5 (keys of elliptic curves), 6 (rights management). */
export interface ProtectedMetadata {
  readonly kind: 'protected';
  readonly version: number;
  readonly efsId: string | undefined;
  /** ALG_ID. */
  readonly algorithm: number | undefined;
  readonly users: readonly Protector[];
  readonly recoveryAgents: readonly Protector[];
}

const Type = { BLOB: 1, TEXT: 2, PROTECTOR: 3, FEK_INFO: 6 } as const;
const COMPLEX = 2;
const THUMBPRINT_BLOB = 2;
const DEEPEST = 8;
/** Bytes of a datum's own between its header and the nested ones, by type. */
const OWN_BYTES: Readonly<Record<number, number>> = { [Type.PROTECTOR]: 4, 4: 0, 5: 2, [Type.FEK_INFO]: 4, 7: 2 };

/** Reads what can be told. What makes no sense is left out: nothing depends on it. @throws FORMAT_SHORT */
export function decodeProtected(bytes: Uint8Array, version: number): ProtectedMetadata {
  const head = MetadataV4Header.decode(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fekAt = MetadataV4Header.size;
  const hasFek = fekAt + Datum.size + 4 <= bytes.length && Datum.decode(bytes, fekAt).type === Type.FEK_INFO;
  return {
    kind: 'protected',
    version,
    efsId: head.efsId,
    algorithm: hasFek ? view.getUint32(fekAt + Datum.size, true) : undefined,
    users: protectors(bytes, head.ddfOffset),
    recoveryAgents: protectors(bytes, head.drfOffset),
  };
}

function protectors(bytes: Uint8Array, at: number): Protector[] {
  if (at < MetadataV4Header.size || at + ProtectorList.size > bytes.length) return [];
  const { length, count } = ProtectorList.decode(bytes, at);
  const end = Math.min(bytes.length, at + length);
  const found: Protector[] = [];
  for (let place = at + ProtectorList.size; found.length < count && place + Datum.size <= end;) {
    const datum = Datum.decode(bytes, place);
    if (datum.length < Datum.size || place + datum.length > end) break;
    const told = { thumbprint: undefined as string | undefined, texts: [] as string[] };
    tell(bytes.subarray(place, place + datum.length), told, 0);
    found.push(told);
    place += datum.length;
  }
  return found;
}

function tell(bytes: Uint8Array, told: { thumbprint: string | undefined; texts: string[] }, depth: number): void {
  const { type, flags } = Datum.decode(bytes);
  const value = bytes.subarray(Datum.size);
  if (type === Type.TEXT)
    told.texts.push(
      Buffer.from(value.subarray(0, value.length & ~1))
        .toString('utf16le')
        .replace(/\0.*$/s, ''),
    );
  else if (type === Type.BLOB && value.length === 24 && value[0] === THUMBPRINT_BLOB)
    told.thumbprint ??= Buffer.from(value.subarray(4)).toString('hex');
  if ((flags & COMPLEX) === 0 || depth >= DEEPEST) return;
  for (let at = OWN_BYTES[type] ?? 0; at + Datum.size <= value.length;) {
    const { length } = Datum.decode(value, at);
    if (length < Datum.size || at + length > value.length) return;
    tell(value.subarray(at, at + length), told, depth + 1);
    at += length;
  }
}
