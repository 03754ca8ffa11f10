import { FormatError, type BackupCatalog, type BackupSetDescription, type VolumeIdentity } from '@winback/core';

/** What stands beside a set's end, in JSON. */
export interface StoredCatalog extends BackupSetDescription {
  readonly format: 1;
  readonly volumes: readonly VolumeIdentity[];
  readonly catalog: BackupCatalog;
  /** The file and directory detail that was written with the set. */
  readonly detail?: StoredDetail;
}

export interface StoredDetail {
  /** Bytes of its entries, without what fills the physical block. */
  readonly length: number;
  /** Of these bytes, in hexadecimal. */
  readonly sha256: string;
}

/** A catalog holds at most some ten thousand problems; anything much larger is none. */
export const STORED_CATALOG_LIMIT = 64 * 1024 * 1024;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isVolume = (value: unknown): value is VolumeIdentity =>
  isRecord(value) &&
  typeof value['root'] === 'string' &&
  typeof value['fileSystem'] === 'string' &&
  typeof value['device'] === 'string' &&
  ['undefined', 'string'].includes(typeof value['label']);

function parse(bytes: Uint8Array, struct: string, origin: number): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch (error) {
    throw new FormatError('FORMAT_STRUCTURE', 'this is no JSON', { struct, offset: origin }, { cause: error });
  }
}

/** @throws FORMAT_STRUCTURE, FORMAT_UNSUPPORTED */
export function decodeCatalog(bytes: Uint8Array, origin: number): StoredCatalog {
  const value = parse(bytes, 'WBCT', origin);
  const place = { struct: 'WBCT', offset: origin };
  if (!isRecord(value)) throw new FormatError('FORMAT_STRUCTURE', 'a catalog is an object', place);
  const { format, catalog, volumes } = value;
  if (format !== 1)
    throw new FormatError('FORMAT_UNSUPPORTED', `catalogs of format ${String(format)} are not known`, {
      ...place,
      field: 'format',
      expected: 1,
      actual: format,
    });
  const texts = ['name', 'description', 'machine', 'user'].every((key) => typeof value[key] === 'string');
  const numbers =
    isRecord(catalog) && ['files', 'directories', 'bytes', 'excluded', 'problemCount'].every((key) => typeof catalog[key] === 'number');
  const strings = isRecord(catalog) && ['software', 'host', 'started', 'finished'].every((key) => typeof catalog[key] === 'string');
  const lists = isRecord(catalog) && ['include', 'exclude', 'snapshots', 'problems'].every((key) => Array.isArray(catalog[key]));
  if (!texts || !numbers || !strings || !lists || !Array.isArray(volumes) || !volumes.every(isVolume)) {
    throw new FormatError('FORMAT_STRUCTURE', 'the catalog lacks fields that it must have', place);
  }
  const { detail, ...rest } = value;
  const isDetail = isRecord(detail) && Number.isSafeInteger(detail['length']) && typeof detail['sha256'] === 'string';
  return { ...rest, ...(isDetail ? { detail } : {}) } as unknown as StoredCatalog;
}

/** @throws FORMAT_STRUCTURE */
export function decodeVolume(bytes: Uint8Array, origin: number): VolumeIdentity {
  const value = parse(bytes, 'WBVL', origin);
  if (!isVolume(value)) throw new FormatError('FORMAT_STRUCTURE', 'this is no volume', { struct: 'WBVL', offset: origin });
  return value;
}
