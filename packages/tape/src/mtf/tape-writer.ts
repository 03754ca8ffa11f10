import type { Random } from '@winback/core';
import { basename } from 'node:path';
import { putString, shorten } from './block-strings.js';
import { FLB_SIZE, SOFTWARE, TapeAttribute, TapeBlockAttribute, VENDOR_WINBACK } from './constants.js';
import { dateText, writeDateTime } from './date-time.js';
import { BlockHeader, dateTime, TapeBlock } from './layout/index.js';
import type { Output } from './output.js';
import { SOFTWARE_NAME } from './software.js';
import { templates } from './templates.js';

function uuid(random: Random): string {
  const b = Buffer.alloc(16);
  random.fill(b);
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const hex = b.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const HAS_CATALOG = TapeBlockAttribute.SET_MAP_EXISTS | TapeBlockAttribute.FDD_ALLOWED;

/** What the TAPE block of a medium says. */
export interface TapeFacts {
  /** Seconds since 1970. */
  readonly time: number;
  readonly mediaFamilyId: number;
  /** From 1. */
  readonly mediaSequence: number;
  readonly softFilemarks: boolean;
  /** Of the block. */
  readonly attributes?: number;
  /** Type of the catalogs; 0: none. */
  readonly catalogType?: number;
}

export function newFamily(random: Random): number {
  const family = Buffer.alloc(4);
  random.fill(family);
  return family.readUInt32LE(0);
}

/** Writes the TAPE block that a medium begins with, up to the streams' end, which is for the caller to write. */
export function writeTape(out: Output, path: string, facts: TapeFacts, random: Random): void {
  const { time, softFilemarks } = facts;
  const start = out.block(
    TapeBlock.encode({
      ...templates.tape,
      header: { ...templates.tape.header, attributes: (facts.attributes ?? 0) | (facts.catalogType ? HAS_CATALOG : 0) },
      catalogType: facts.catalogType ?? 0,
      mediaFamilyId: facts.mediaFamilyId,
      tapeAttributes: (softFilemarks ? TapeAttribute.SOFT_FILEMARKS : 0) | TapeAttribute.MEDIA_LABEL,
      mediaSequence: facts.mediaSequence,
      softFilemarkBlockSize: softFilemarks ? FLB_SIZE / 512 : 0,
      flbSize: FLB_SIZE,
      vendorId: VENDOR_WINBACK,
      majorVersion: 1,
    }),
  );
  writeDateTime(out.view, start + TapeBlock.offsetOf('date'), time);
  const created = dateText(dateTime.read(out.view, start + TapeBlock.offsetOf('date')));
  const stamp = created.replaceAll('-', '/').replace(' ', '.');
  const name = shorten(basename(path), 80);
  putString(out, start, TapeBlock.offsetOf('mediaName'), `${name} created ${created} UTC`);
  const label = [
    'MTF Media Label',
    '1.0',
    SOFTWARE,
    SOFTWARE_NAME,
    stamp,
    shorten(name.replaceAll('|', '_'), 40),
    '1',
    `{${uuid(random)}}`,
    '',
  ];
  putString(out, start, TapeBlock.offsetOf('mediaLabel'), label.join('|'));
  putString(out, start, TapeBlock.offsetOf('softwareName'), SOFTWARE_NAME);
  out.align4();
  out.view.setUint16(start + BlockHeader.offsetOf('offsetToFirstEvent'), out.at - start, true);
  out.sealBlock(start);
}
