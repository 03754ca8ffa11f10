/** ALG_ID of what encrypts the sectors. MS-EFSR 2.2.13. */
export const EfsAlgorithm = { DES: 0x6601, TRIPLE_DES: 0x6603, DESX: 0x6604, AES_256: 0x6610 } as const;

export interface AlgorithmFacts {
  /** As people know it. */
  readonly name: string;
  /** Bytes of the key. */
  readonly keyLength: number;
  /** Random bits in it. */
  readonly entropy: number;
}

export const ALGORITHMS: ReadonlyMap<number, AlgorithmFacts> = new Map([
  [EfsAlgorithm.AES_256, { name: 'AES-256', keyLength: 32, entropy: 256 }],
  [EfsAlgorithm.TRIPLE_DES, { name: '3DES', keyLength: 24, entropy: 168 }],
  [EfsAlgorithm.DESX, { name: 'DESX', keyLength: 16, entropy: 128 }],
  [EfsAlgorithm.DES, { name: 'DES', keyLength: 8, entropy: 56 }],
]);

export const algorithmName = (id: number): string => ALGORITHMS.get(id)?.name ?? `0x${id.toString(16)}`;
