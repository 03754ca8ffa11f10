import { StreamId } from '@winback/core';
import { FsAttribute, WinbackStreamId } from './constants.js';

const PAIRS: readonly (readonly [streamId: number, mtf: string])[] = [
  [StreamId.DATA, 'STAN'],
  [StreamId.EA_DATA, 'NTEA'],
  [StreamId.SECURITY_DATA, 'NACL'],
  [StreamId.ALTERNATE_DATA, 'ADAT'],
  [StreamId.LINK, 'LINK'],
  [StreamId.PROPERTY_DATA, 'NTPR'],
  [StreamId.OBJECT_ID, 'NTOI'],
  [StreamId.REPARSE_DATA, 'NTRP'],
  [StreamId.SPARSE_BLOCK, 'SPAR'],
];

/** What BackupRead calls a stream of the format. */
export const streamIdOf: ReadonlyMap<string, number> = new Map(PAIRS.map(([id, mtf]) => [mtf, id]));
export const mtfIdOf: ReadonlyMap<number, string> = new Map(PAIRS);

/** dwStreamAttributes as file system attributes: the same bits, but for bit 2, which means something else here. */
export const toFsAttributes = (attributes: number): number =>
  (attributes & 0x7ffb) | ((attributes & 4) === 0 ? 0 : FsAttribute.CONTAINS_PROPERTIES);
export const fromFsAttributes = (fs: number): number => (fs & 0x7ffb) | ((fs & FsAttribute.CONTAINS_PROPERTIES) === 0 ? 0 : 4);

/** Streams that are part of how a block is built, and no content of a file. */
const STRUCTURE = new Set(['SPAD', 'CSUM', 'PNAM', 'FNAM', 'CRPT', WinbackStreamId.FACTS, WinbackStreamId.STREAM]);

/** Whether a stream of an id that only the format knows is written under that id. */
export const isCarried = (id: string): boolean => /^[\x20-\x7e]{4}$/.test(id) && !STRUCTURE.has(id) && !streamIdOf.has(id);

/** Media attributes that are the stream's own. The lower bits say how its bytes stand on the medium, which each writer decides. */
export const MEDIA_KEPT = 0xffc0;
