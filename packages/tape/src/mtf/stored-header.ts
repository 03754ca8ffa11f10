import { FormatError, type BackupStreamHeader } from '@winback/core';

/** The header of a stream that stands as JSON before its data. @throws FORMAT_STRUCTURE */
export function decodeStoredHeader(json: Uint8Array, origin: number): Omit<BackupStreamHeader, 'length'> {
  const wrong = (problem: string, cause?: unknown): FormatError =>
    new FormatError('FORMAT_STRUCTURE', problem, { struct: 'WBST', offset: origin }, { cause });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json).toString('utf8'));
  } catch (error) {
    throw wrong('the header is no JSON', error);
  }
  if (typeof value !== 'object' || value === null) throw wrong('the header is no object');
  const { id, attributes, name, offset, foreign } = value as Record<string, unknown>;
  if (typeof id !== 'number' || typeof attributes !== 'number') throw wrong('the header lacks id or attributes');
  if (name !== undefined && typeof name !== 'string') throw wrong('the name is no text');
  if (offset !== undefined && typeof offset !== 'number') throw wrong('the offset is no number');
  return {
    id,
    attributes,
    ...(name === undefined ? {} : { name }),
    ...(offset === undefined ? {} : { offset }),
    ...(foreign === undefined ? {} : { foreign: decodeForeign(foreign, wrong) }),
  };
}

function decodeForeign(value: unknown, wrong: (problem: string) => FormatError): NonNullable<BackupStreamHeader['foreign']> {
  const { format, id, attributes } = (value ?? {}) as Record<string, unknown>;
  if (typeof format !== 'string' || typeof id !== 'string' || typeof attributes !== 'number') throw wrong('the foreign id is not whole');
  return { format, id, attributes };
}
