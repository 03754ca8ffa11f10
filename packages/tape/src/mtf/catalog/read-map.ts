import { isWinbackError, type WinbackError } from '@winback/core';
import { blockBody, peekBlock } from '../block-head.js';
import { BlockStreams } from '../block-streams.js';
import { BlockType, CatalogStreamId } from '../constants.js';
import type { FileWindow } from '../file-window.js';
import { EndOfSetBlock } from '../layout/index.js';
import { decodeSetMap, SET_MAP_LIMIT, type SetMap } from './set-map.js';

/** The map that a set's end has; undefined: none. @throws FORMAT_* when it is damaged */
export function mapOfSetEnd(window: FileWindow, esetAt: number, type: 1 | 2): SetMap | undefined {
  const head = peekBlock(window, esetAt);
  if (head?.type !== BlockType.ESET) return undefined;
  const wanted: string = type === 1 ? CatalogStreamId.MAP_1 : CatalogStreamId.MAP_2;
  const streams = new BlockStreams(window, () => undefined);
  streams.begin(head);
  for (let raw = streams.nextRaw(); raw; raw = streams.nextRaw()) {
    if (raw.id === wanted) return decodeSetMap(type, streams.readAll(SET_MAP_LIMIT), raw.at);
  }
  return undefined;
}

/** The same, with what is wrong for an answer. */
export function tryMap(read: () => SetMap | undefined): { readonly map?: SetMap | undefined; readonly error?: WinbackError } {
  try {
    const map = read();
    return map ? { map } : {};
  } catch (error) {
    if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
    return { error };
  }
}

/** What the ESET at a place says about the catalog. */
export function endFields(window: FileWindow, at: number): ReturnType<typeof EndOfSetBlock.decode> | undefined {
  const head = peekBlock(window, at);
  const body = head?.type === BlockType.ESET ? blockBody(window, head, EndOfSetBlock.size) : undefined;
  return body ? EndOfSetBlock.decode(body.bytes) : undefined;
}
