import { MAIN_STREAM } from '../content/item.js';

/** The name of the metadata stream is a number; the specification leaves open in which order its bytes come. */
export const METADATA_NAME = Uint8Array.of(0x10, 0x19);
export const isMetadataName = (name: Uint8Array): boolean =>
  name.length === 2 && ((name[0] === 0x10 && name[1] === 0x19) || (name[0] === 0x19 && name[1] === 0x10));

const DATA = ':$DATA';

/** A stream's name as `::$DATA` or `:name:$DATA`, whether it is ended by NUL or not. */
export function streamName(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length & ~1)
    .toString('utf16le')
    .replace(/\0.*$/s, '');
  const named = text.startsWith(':') ? text : `:${text}`;
  const whole = named.length > 1 && !named.includes(':', 1) ? `${named}${DATA}` : named;
  return whole === ':' || whole === `:${DATA}` ? MAIN_STREAM : whole;
}

/** The same as it is written: ended by NUL. */
export const streamNameBytes = (name: string): Uint8Array => new Uint8Array(Buffer.from(`${name}\0`, 'utf16le'));
