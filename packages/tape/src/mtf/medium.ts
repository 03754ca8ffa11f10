import { FormatError, TargetError } from '@winback/core';
import { addressed, blockBody, blockProblem, peekBlock, textOf } from './block-head.js';
import { BlockType, CatalogType, FLB_SIZE, SOFTWARE, TapeAttribute, TapeBlockAttribute } from './constants.js';
import { dateText } from './date-time.js';
import type { FileWindow } from './file-window.js';
import { TapeBlock } from './layout/index.js';
import type { StoredPassword } from './password.js';

/** What the TAPE block says about the whole file. */
export interface Medium {
  /** Bytes of a format logical block. */
  readonly flb: number;
  /** Bytes of a soft filemark; 0 where the file has none. */
  readonly softSize: number;
  readonly softwareName: string;
  /** Its name or, where it has none, its label; for people. */
  readonly mediaName: string;
  /** When it was begun, for people; '' where it does not say. */
  readonly mediaDate: string;
  readonly mediaFamilyId: number;
  /** From 1: the cartridge's place in the family. */
  readonly mediaSequence: number;
  /** Media Based Catalog Type; 0: none. */
  readonly catalogType: number;
  /** Sets may have file and directory detail. */
  readonly detailAllowed: boolean;
  /** Asked for before anything on the medium is read. */
  readonly password?: StoredPassword | undefined;
  /** Begun by Winback: its blocks can be judged, and a torn end may be taken away. */
  readonly ours: boolean;
  /** Where the first block after the TAPE is looked for. */
  readonly first: number;
  /** The TAPE block cannot be read; the rest was guessed from what follows it. */
  readonly damage?: FormatError | undefined;
}

/** What is known of a medium whose TAPE block cannot be read. */
export const UNKNOWN_MEDIUM = {
  flb: FLB_SIZE,
  softSize: 0,
  softwareName: '',
  mediaName: '',
  mediaDate: '',
  mediaFamilyId: 0,
  mediaSequence: 1,
  catalogType: CatalogType.NONE,
  detailAllowed: false,
  ours: false,
} as const;

/** How far into a file its first readable block may stand. */
const SEARCH = 1 << 20;

/** @throws TARGET_FOREIGN when the file holds no Microsoft Tape Format */
export function readMedium(window: FileWindow): Medium {
  const head = peekBlock(window, 0);
  const body = head?.type === BlockType.TAPE ? blockBody(window, head, TapeBlock.size) : undefined;
  if (!head || !body) return guessMedium(window);
  const tape = TapeBlock.decode(body.bytes);
  const text = (field: 'softwareName' | 'mediaName' | 'mediaLabel'): string =>
    textOf(addressed(body.bytes, body.view, TapeBlock.offsetOf(field)), head.stringType);
  const softwareName = text('softwareName');
  const soft = (tape.tapeAttributes & TapeAttribute.SOFT_FILEMARKS) === 0 ? 0 : tape.softFilemarkBlockSize * 512;
  if (tape.flbSize !== 512 && tape.flbSize !== 1024) {
    throw new TargetError(
      'TARGET_FOREIGN',
      `${window.path}: its TAPE block says format logical blocks of ${tape.flbSize} bytes; the format knows 512 and 1024`,
      { path: window.path, flbSize: tape.flbSize },
    );
  }
  const { mediaFamilyId, mediaSequence } = tape;
  return {
    flb: tape.flbSize,
    softSize: soft,
    softwareName,
    mediaName: text('mediaName') || text('mediaLabel'),
    mediaDate: dateText(tape.date),
    mediaFamilyId,
    mediaSequence,
    catalogType: tape.catalogType,
    password: {
      algorithm: tape.passwordAlgorithm,
      bytes: Buffer.from(addressed(body.bytes, body.view, TapeBlock.offsetOf('mediaPassword'))),
      stringType: head.stringType,
    },
    detailAllowed: (head.attributes & TapeBlockAttribute.FDD_ALLOWED) !== 0,
    ours: softwareName.startsWith(`${SOFTWARE} `),
    first: head.offsetToFirstEvent,
  };
}

/** A file whose first block is damaged is known by what follows. */
function guessMedium(window: FileWindow): Medium {
  const damage = blockProblem(window, 0);
  for (let at = 512; at < Math.min(window.size, SEARCH); at += 512) {
    const head = peekBlock(window, at);
    if (head?.type !== BlockType.SFMB && head?.type !== BlockType.SSET) continue;
    const softSize = head.type === BlockType.SFMB && head.offsetToFirstEvent % 512 === 0 ? head.offsetToFirstEvent : 0;
    return { ...UNKNOWN_MEDIUM, softSize, first: at, damage };
  }
  throw new TargetError(
    'TARGET_FOREIGN',
    `${window.path} is not in Microsoft Tape Format: ${damage.message}`,
    { path: window.path, ...damage.details },
    { cause: damage, hint: 'name a .bkf file, or one that does not exist yet' },
  );
}
