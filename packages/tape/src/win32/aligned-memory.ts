/** Bytes: more than any adapter asks of an address. */
const ALIGNMENT = 4096;

/** Memory whose addresses every adapter takes: some want multiples of 4, others of 512, and refuse to transfer elsewhere. */
export class AlignedMemory {
  #memory = new Uint8Array(0);

  constructor(private readonly addressOf: (bytes: Uint8Array) => bigint) {}

  /** `bytes` itself where its address is good, else as much memory of our own, whose content is of no meaning. */
  like(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0 || this.addressOf(bytes) % BigInt(ALIGNMENT) === 0n) return bytes;
    if (this.#memory.length < bytes.length) this.#memory = this.#allocate(bytes.length);
    return this.#memory.subarray(0, bytes.length);
  }

  #allocate(length: number): Uint8Array<ArrayBuffer> {
    const memory = new Uint8Array(length + ALIGNMENT);
    const over = Number(this.addressOf(memory) % BigInt(ALIGNMENT));
    const from = over === 0 ? 0 : ALIGNMENT - over;
    return memory.subarray(from, from + length);
  }
}
