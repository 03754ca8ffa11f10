import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isWinbackError, textToBytes } from '@winback/core';
import { MAIN_STREAM } from '../content/item.js';
import { ByteFeed } from '../flow/byte-feed.js';
import { Produced } from '../flow/steps.js';
import { RawReader } from '../raw/raw-reader.js';
import { isRegularHead, SEGMENT, SEGMENT_HEAD } from './stretch.js';

export interface RegularSegments {
  readonly metadata: Uint8Array;
  /** Where the first one begins in the file. */
  readonly at: number;
  /** How many whole ones stand one behind the other. */
  readonly segments: number;
}

/** The whole segments without holes that the unnamed stream of a raw file begins with; undefined where there are none. */
export function regularSegments(path: string): RegularSegments | undefined {
  const fd = openSync(Buffer.from(textToBytes(path)), 'r');
  try {
    const feed = new ByteFeed((into) => readSync(fd, into, 0, into.length, null));
    const items = new Produced(new RawReader(feed).items());
    const [metadata, stream] = [items.next(), items.next()];
    if (!metadata || metadata instanceof Promise || metadata.type !== 'metadata') return undefined;
    if (!stream || stream instanceof Promise || stream.type !== 'stream' || stream.name !== MAIN_STREAM || !stream.encrypted)
      return undefined;
    const { at } = feed;
    const segments = countRegular(fd, at, Math.floor((fstatSync(fd).size - at) / (SEGMENT_HEAD + SEGMENT)));
    return segments === 0 ? undefined : { metadata: metadata.bytes, at, segments };
  } catch (error) {
    if (isWinbackError(error)) return undefined; // met again, and told, when the file is read with more care
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** How many regular ones there are, found by halving: what comes behind the last is none. Each is looked at again when it is read. */
function countRegular(fd: number, at: number, most: number): number {
  const head = new Uint8Array(SEGMENT_HEAD);
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const read = readSync(fd, head, 0, SEGMENT_HEAD, at + (middle - 1) * (SEGMENT_HEAD + SEGMENT));
    if (read === SEGMENT_HEAD && isRegularHead(head, 0, middle - 1)) low = middle;
    else high = middle - 1;
  }
  return low;
}
