import { peekBlock } from './block-head.js';
import { BlockStreams } from './block-streams.js';
import { FormatError } from '@winback/core';
import type { FileWindow } from './file-window.js';

/** A path in a LINK stream is at most as long as Windows lets a path be. */
const LIMIT = 65_536;

/** What the LINK stream of the block at `at` points to, as paths are written here; undefined where there is none that can be read. */
export function linkPath(window: FileWindow, at: number): string | undefined {
  const head = peekBlock(window, at);
  if (!head) return undefined;
  const streams = new BlockStreams(window, () => undefined);
  streams.begin(head);
  try {
    for (let raw = streams.nextRaw(); raw; raw = streams.nextRaw()) {
      if (raw.id === 'LINK') return fromWindows(streams.readAll(LIMIT).toString('utf16le'));
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error; // the stream's reader will meet it again and say so
  }
  return undefined;
}

const fromWindows = (path: string): string =>
  path
    .replace(/\0+$/, '')
    .replace(/^[a-z]:/i, '')
    .split('\\')
    .filter(Boolean)
    .join('/');
