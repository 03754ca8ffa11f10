import { UsageError } from '@winback/core/errors';
import { parseCapacity, tapeError, TapeStatus, type ChangerElement, type TapeChanger } from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { table } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { answer } from './tape-answer.js';
import { createChanger, driveName, openChanger, shownDrive } from './tape-open.js';

/** An element with the number that people count it by: drives and others from 0, slots from 1. */
interface Counted extends ChangerElement {
  readonly number: number;
}

interface Moved {
  readonly from: Counted;
  readonly to: Counted;
}

/** How many numbers each action takes. */
const NUMBERS: Readonly<Record<string, readonly [least: number, most: number, usage: string]>> = {
  list: [0, 0, 'list'],
  move: [2, 2, 'move FROM TO'],
  load: [1, 2, 'load SLOT [DRIVE]'],
  unload: [0, 2, 'unload [DRIVE] [SLOT]'],
  create: [1, 2, 'create SLOTS [DRIVES]'],
};

interface Options extends CommonOptions {
  readonly capacity?: string;
}

/** Lists what is in a changer, and moves cartridges; makes changers of files. */
export async function run({ io }: Session, options: Options, [text = '', action = '', ...words]: readonly string[]): Promise<ExitCode> {
  const numbers = numbersOf(action, words);
  const isNew = action === 'create';
  const [slots = 0, drives = 1] = numbers;
  const capacity = capacityOf(options, isNew);
  using changer = isNew ? await createChanger(io, options, text, { slots, drives, ...capacity }) : await openChanger(io, options, text);
  const elements = counted(changer.elements());
  const name = driveName(changer);
  if (action === 'list' || isNew) {
    return answer(io, options, { changer: name, elements }, `${shownDrive(changer)}\n${listed(elements)}`);
  }
  const moved = planned(changer, elements, action, numbers);
  changer.move(moved.from.address, moved.to.address);
  const tag = moved.from.volumeTag === undefined ? 'the cartridge' : printable(moved.from.volumeTag);
  const words2 = `${tag} moved from ${called(moved.from)} to ${called(moved.to)}`;
  return answer(io, options, { changer: name, from: moved.from, to: moved.to }, `${shownDrive(changer)}: ${words2}.\n`);
}

/** @throws USAGE */
function capacityOf({ capacity: text }: Options, isNew: boolean): { readonly capacity?: number } {
  if (text === undefined) return {};
  if (!isNew)
    throw new UsageError('--capacity is for cartridges that are made', {}, { hint: 'winback tape changer changer:FOLDER create SLOTS' });
  const capacity = parseCapacity(text);
  if (capacity === undefined) throw new UsageError(`"${text}" is no size`, {}, { hint: 'for example --capacity 20MiB' });
  return { capacity };
}

/** @throws USAGE */
function numbersOf(action: string, words: readonly string[]): readonly number[] {
  const [least, most, usage] = NUMBERS[action] ?? [0, 0, action];
  const wrong = words.find((word) => !/^\d{1,9}$/.test(word));
  if (wrong !== undefined) throw new UsageError(`"${wrong}" is no number of a slot or drive`);
  if (words.length >= least && words.length <= most) return words.map(Number);
  throw new UsageError(`${action} was given ${String(words.length)} numbers`, {}, { hint: `winback tape changer ADDRESS ${usage}` });
}

function counted(elements: readonly ChangerElement[]): Counted[] {
  const next = { drive: 0, slot: 1, transfer: 0 };
  return elements.map((element) => ({ ...element, number: next[element.kind]++ }));
}

function planned(changer: TapeChanger, elements: readonly Counted[], action: string, numbers: readonly number[]): Moved {
  const missing = (what: string): Error =>
    tapeError(TapeStatus.ERROR_INVALID_PARAMETER, driveName(changer), `${action}: there is no ${what}`, {}, { hint: LIST });
  const byAddress = (address: number): Counted => {
    const found = elements.find((element) => element.address === address);
    if (!found) throw missing(`element with the address ${String(address)}`);
    return found;
  };
  const byNumber = (kind: Counted['kind'], number: number): Counted => {
    const found = elements.find((element) => element.kind === kind && element.number === number);
    if (!found) throw missing(`${kind} ${String(number)}`);
    return found;
  };
  let moved: Moved;
  if (action === 'move') moved = { from: byAddress(numbers[0] ?? 0), to: byAddress(numbers[1] ?? 0) };
  else if (action === 'load') moved = { from: byNumber('slot', numbers[0] ?? 0), to: byNumber('drive', numbers[1] ?? 0) };
  else {
    const from = byNumber('drive', numbers[0] ?? 0);
    moved = { from, to: numbers[1] === undefined ? homeOf(changer, elements, from) : byNumber('slot', numbers[1]) };
  }
  const { from, to } = moved;
  if (!from.full) throw tapeError(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE, driveName(changer), `${called(from)} is empty`, {}, { hint: LIST });
  if (to.full) throw tapeError(TapeStatus.ERROR_INVALID_PARAMETER, driveName(changer), `${called(to)} is full`, {}, { hint: LIST });
  return moved;
}

const LIST = '"winback tape changer ADDRESS list" shows what is where';

/** The slot that the cartridge of a drive came from. */
function homeOf(changer: TapeChanger, elements: readonly Counted[], from: Counted): Counted {
  const home = elements.find((element) => element.address === from.source);
  if (home && !home.full) return home;
  // An empty drive is what is wrong then.
  if (!from.full) return from;
  const why = home ? `${called(home)}, where its cartridge came from, is full` : 'the changer does not know where its cartridge came from';
  throw new UsageError(`${driveName(changer)}: ${called(from)}: ${why}`, {}, { hint: `name a slot: unload ${String(from.number)} SLOT` });
}

const called = ({ kind, number }: Counted): string => `${kind} ${String(number)}`;

function listed(elements: readonly Counted[]): string {
  const rows = elements.map((element) => {
    const source = elements.find(({ address }) => address === element.source);
    return [
      `  ${element.kind}`,
      String(element.number),
      String(element.address),
      element.full ? 'full' : 'empty',
      printable(element.volumeTag ?? ''),
      source ? `from ${called(source)}` : '',
    ];
  });
  return table([['  ELEMENT', 'NUMBER', 'ADDRESS', '', 'LABEL', ''], ...rows], [1, 2]);
}
