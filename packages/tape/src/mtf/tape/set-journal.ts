import { BlockType } from '../constants.js';
import type { JournalStream, OutputJournal } from '../output-journal.js';

interface WrittenBlock {
  readonly position: number;
  readonly type: string;
  readonly header: Uint8Array;
}

/** Where a set can be cut, and what the next cartridge has to repeat. */
export interface Cut {
  /** The blocks that hold what follows, outermost first: SSET, VOLB, DIRB, and the one whose stream is cut. */
  readonly blocks: readonly Uint8Array[];
  /** The stream that is cut, and how many bytes of it are left; undefined: the cut is between two blocks. */
  readonly stream?: { readonly head: JournalStream; readonly rest: number } | undefined;
}

const LEVELS: readonly string[] = [BlockType.SSET, BlockType.VOLB, BlockType.DIRB, BlockType.FILE];

/** Remembers what stands where in the end of a set, as far as it may not be on the tape yet. */
export class SetJournal implements OutputJournal {
  #blocks: WrittenBlock[] = [];
  #streams: { readonly position: number; readonly stream: JournalStream }[] = [];

  block(position: number, header: Uint8Array): void {
    this.#blocks.push({
      position,
      type: Buffer.from(header.buffer, header.byteOffset, 4).toString('latin1'),
      header: new Uint8Array(header),
    });
  }

  stream(position: number, stream: JournalStream): void {
    if (stream.length > 0) this.#streams.push({ position, stream });
  }

  /** Undefined: it would cut a header, or what belongs together. */
  cutAt(position: number): Cut | undefined {
    const next = this.#blocks.find((block) => block.position >= position);
    if (next?.position === position) return LEVELS.includes(next.type) ? { blocks: this.#around(position, next.type) } : undefined;
    const cut = lastOf(this.#streams, (s) => s.position < position);
    if (!cut || cut.position + cut.stream.length <= position) return undefined;
    const owner = lastOf(this.#blocks, (block) => block.position < position);
    if (!owner || !LEVELS.includes(owner.type)) return undefined;
    const rest = cut.position + cut.stream.length - position;
    return { blocks: [...this.#around(owner.position, owner.type), owner.header], stream: { head: cut.stream, rest } };
  }

  /** The blocks above one of a type that stands at a place. */
  #around(position: number, type: string): Uint8Array[] {
    return LEVELS.slice(0, LEVELS.indexOf(type)).flatMap((level) => {
      const found = lastOf(this.#blocks, (block) => block.type === level && block.position < position);
      return found ? [found.header] : [];
    });
  }

  /** What is on the tape up to here will not be cut any more. */
  forget(position: number): void {
    // Of each level the last one stays: it holds what follows.
    const last = new Set(LEVELS.map((level) => lastOf(this.#blocks, (block) => block.type === level && block.position <= position)));
    this.#blocks = this.#blocks.filter((block) => block.position > position || last.has(block));
    this.#streams = this.#streams.filter((s) => s.position + s.stream.length > position);
  }
}

function lastOf<T>(items: readonly T[], wanted: (item: T) => boolean): T | undefined {
  for (let i = items.length - 1; i >= 0; i--) if (wanted(items[i]!)) return items[i];
  return undefined;
}
