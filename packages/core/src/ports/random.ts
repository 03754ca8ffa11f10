import { randomFillSync } from 'node:crypto';
import { token } from '../token.js';

/** Bytes that nobody can guess; tests replace them by bytes that everybody can. */
export interface Random {
  fill(into: Uint8Array): void;
}
export const RANDOM = token<Random>('@winback/core/Random');

export const systemRandom: Random = { fill: (into) => void randomFillSync(into) };
