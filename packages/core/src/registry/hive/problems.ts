import { describeNodeError } from '../../errors/errno.js';
import { RegistryError } from '../../errors/families.js';

/** Something in a hive that is not as it should be. */
export interface HiveProblem {
  readonly message: string;
  /** Of the cell, from the start of the bins. */
  readonly offset: number;
}

/** A cell that cannot be what it is said to be: met while reading, reported with the key's path by whoever knows it. */
export class CellProblem extends Error implements HiveProblem {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

/** The most problems of one key that are told, and looked for: lists in which nothing is right are not read to the end. */
export const PROBLEMS_MAX = 1000;
const TOLD_MAX = 20;

const hex = (n: number): string => `0x${n.toString(16)}`;
const shownPath = (path: string): string => (path === '' ? 'the root key' : path);

/** What is wrong with a key, all of it. `details.problems` has the first ones, `details.count` says how many. */
export function damagedKey(file: string, path: string, problems: readonly HiveProblem[], more = ''): RegistryError {
  const [first] = problems;
  const others = problems.length > 1 ? `, and ${String(problems.length - 1)} more` : '';
  return new RegistryError(
    'REGISTRY_DAMAGED',
    `${shownPath(path)} in ${file} is damaged: ${first ? `${first.message} (cell ${hex(first.offset)})` : 'unknown'}${others}${more}`,
    { file, path, problems: problems.slice(0, TOLD_MAX).map(({ message, offset }) => ({ message, offset })), count: problems.length },
  );
}

/** Runs what reads cells, and makes what it meets an error that names the key. */
export function naming<T>(file: string, path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof CellProblem) throw damagedKey(file, path, [error]);
    throw error;
  }
}

export const ioError = (file: string, what: string, error: unknown): RegistryError =>
  new RegistryError('REGISTRY_IO', `${file} could not be ${what}: ${describeNodeError(error)}`, { file }, { cause: error });
