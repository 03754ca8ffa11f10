import type { WinbackError } from '@winback/core';
import type { Produced } from '../flow/steps.js';

/** Sectors are encrypted one by one. */
export const SECTOR = 512;
export const inSectors = (size: number): number => Math.ceil(size / SECTOR) * SECTOR;

/** The unnamed stream, as the raw format spells it. */
export const MAIN_STREAM = '::$DATA';

/** An encrypted file in pieces, whatever form it came in: its metadata, then its streams one after the other. */
export type Item =
  | { readonly type: 'metadata'; readonly bytes: Uint8Array }
  | StreamItem
  | Run
  /** Bytes that should be there and are not. */
  | { readonly type: 'missing'; readonly begin: number; readonly end: number; readonly reason: WinbackError }
  /** The end of a stream. `size` is that of the plain text. */
  | { readonly type: 'end'; readonly size: number };

/**
 * A stream begins.
 * @property name `::$DATA`, or `:name:$DATA` for an alternate stream
 * @property unitShift of a sparse stream: log2 of what all holes are multiples of; at most 16
 */
export interface StreamItem {
  readonly type: 'stream';
  readonly name: string;
  readonly encrypted: boolean;
  readonly unitShift?: number | undefined;
}

/**
 * Bytes of a stream as they are stored; what lies between two runs is a hole. Runs of encrypted streams are whole sectors.
 * @property length bytes of it
 * @property data its bytes, valid until the next item; undefined where only the layout was asked for
 * @property valid of its bytes, those before the end of the valid data: what follows is zeros once it is decrypted
 */
export interface Run {
  readonly type: 'run';
  readonly offset: number;
  readonly length: number;
  readonly valid: number;
  readonly data: Uint8Array | undefined;
}

export type Items = Pick<Produced<Item>, 'next'>;
