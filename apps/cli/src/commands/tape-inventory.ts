import { TargetError, type WinbackError } from '@winback/core/errors';
import { isContinued, listSets, readCartridge, setsOf, type Cartridge, type ListedSet } from '@winback/tape';
import { Exit, type ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import { errorDocument, shownError } from '../print-error.js';
import type { CommonOptions, Session } from '../session.js';
import { painterFor } from '../terminal/colours.js';
import { formatBytes, formatCount, plural, table } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { answer } from './tape-answer.js';
import { fixedBlockSize, keepingBlockSize } from './tape-contents.js';
import { driveName, openDrive, shownDrive } from './tape-open.js';

type State = 'complete' | 'problems' | 'unfinished';

interface InventoriedSet {
  readonly set: ListedSet;
  readonly state: State;
  /** It began on an earlier cartridge. */
  readonly continued: boolean;
  /** It goes on on a further cartridge. */
  readonly goesOn: boolean;
  /** Of its first block, and of what follows it, among blocks and marks. */
  readonly firstBlock: number;
  readonly nextBlock: number;
}

interface Inventory {
  readonly family: string;
  readonly sequence: number;
  readonly software: string;
  readonly blockSize: number;
  readonly filemarks: number;
  /** Without marks. */
  readonly blocks: number;
  readonly sets: readonly InventoriedSet[];
  readonly damage: readonly WinbackError[];
}

/** Lists the sets on a cartridge, with what the cartridge is. */
export async function run({ io }: Session, options: CommonOptions, [text = '']: readonly string[]): Promise<ExitCode> {
  using drive = await openDrive(io, options, text, { mode: 'read' });
  const found = keepingBlockSize(drive, () => {
    const cartridge = readCartridge(drive, fixedBlockSize(drive));
    return cartridge ? take(cartridge) : undefined;
  });
  if (!found) return answer(io, options, { drive: driveName(drive), blank: true, sets: [] }, `${shownDrive(drive)} is blank.\n`);
  const { sets, damage, ...cartridge } = found;
  for (const error of damage) complain(io, error);
  return answer(
    io,
    options,
    {
      drive: driveName(drive),
      blank: false,
      ...cartridge,
      sets: sets.map(documentOf),
      problems: damage.map((error) => errorDocument(shownError(error))),
    },
    `${shownDrive(drive)}: cartridge ${String(found.sequence)} of family ${found.family}, ${plural(sets.length, 'set')}, ` +
      `${plural(found.blocks, 'block')} of ${formatBytes(found.blockSize)}, ${plural(found.filemarks, 'filemark')}.\n${rowsOf(found)}`,
    damage.length > 0 ? Exit.DAMAGED : Exit.DONE,
  );
}

function take(cartridge: Cartridge): Inventory {
  const { medium, blocks, marks, end, window } = cartridge;
  const index = setsOf(cartridge);
  const { sets, damage } = listSets(window, medium, index);
  const last = sets.at(-1);
  const open = index.goesOn && last?.place.committedEnd === undefined ? last : undefined;
  return {
    family: medium.mediaFamilyId.toString(16).padStart(8, '0'),
    sequence: medium.mediaSequence,
    software: medium.softwareName,
    blockSize: blocks.blockSize,
    filemarks: marks.length,
    blocks: end - marks.length,
    // The end of a set that goes on is on another cartridge: nothing is missing.
    damage: damage.map(({ error }) => error).filter((error) => !open || !isUnfinished(error, open)),
    sets: sets.map((set, i) => ({
      set,
      state: stateOf(set, set === open),
      continued: isContinued(cartridge, set.place.at),
      goesOn: set === open,
      firstBlock: set.place.at / blocks.blockSize,
      nextBlock: (set.place.committedEnd ?? sets[i + 1]?.place.at ?? end * blocks.blockSize) / blocks.blockSize,
    })),
  };
}

const isUnfinished = (error: WinbackError, { place }: ListedSet): boolean =>
  error instanceof TargetError && error.details['number'] === place.number;

function stateOf({ place, version }: ListedSet, goesOn: boolean): State {
  if (place.committedEnd === undefined && !goesOn) return 'unfinished';
  return (version.catalog?.problemCount ?? 0) > 0 ? 'problems' : 'complete';
}

const documentOf = ({ set: { version }, state, continued, goesOn, firstBlock, nextBlock }: InventoriedSet): object => ({
  ...version,
  time: new Date(Number(version.time / 1_000_000n)).toISOString(),
  state,
  continued,
  goesOn,
  firstBlock,
  blocks: nextBlock - firstBlock,
});

function rowsOf({ sets, sequence }: Inventory): string {
  if (sets.length === 0) return '';
  const rows = sets.map(({ set: { version: v }, state, continued, goesOn, firstBlock, nextBlock }) => [
    printable(v.id),
    formatCount(firstBlock),
    formatCount(nextBlock - firstBlock),
    v.files === undefined ? '?' : formatCount(v.files),
    v.bytes === undefined ? '?' : formatBytes(v.bytes),
    [
      state === 'problems' ? plural(v.catalog?.problemCount ?? 0, 'problem') : state === 'complete' && (goesOn || continued) ? '' : state,
      continued ? `from cartridge ${String(sequence - 1)}` : '',
      goesOn ? `goes on on cartridge ${String(sequence + 1)}` : '',
    ]
      .filter((word) => word !== '')
      .join(', '),
    printable(v.volumes.join(', ')),
    printable(v.machine),
    printable(v.software),
    printable(v.name),
  ]);
  return table(
    [['VERSION (UTC)', 'FROM BLOCK', 'BLOCKS', 'FILES', 'SIZE', 'STATE', 'VOLUMES', 'MACHINE', 'SOFTWARE', 'NAME'], ...rows],
    [1, 2, 3, 4],
  );
}

function complain(io: Io, error: WinbackError): void {
  const { message, code } = shownError(error);
  io.stderr.write(`${painterFor(io.stderr, io)('yellow', 'damaged:')} ${printable(message)} [${code ?? ''}]\n`);
}
