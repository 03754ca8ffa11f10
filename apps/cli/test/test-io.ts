import type { Io, Output } from '../src/io.js';
import { main } from '../src/main.js';

class TextOutput implements Output {
  text = '';
  closed = false;
  readonly bytes: Uint8Array[] = [];
  readonly #listeners: (() => void)[] = [];
  constructor(
    readonly isTTY = false,
    readonly columns = 80,
  ) {}
  write(text: string): void {
    if (!this.closed) this.text += text;
  }
  writeBytes(bytes: Uint8Array): Promise<void> {
    if (!this.closed) this.bytes.push(bytes.slice());
    return Promise.resolve();
  }
  onClose(listener: () => void): void {
    this.#listeners.push(listener);
  }
  close(): void {
    this.closed = true;
    for (const listener of this.#listeners) listener();
  }
}

export interface TestIo extends Io {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly exits: number[];
  /** Ctrl-C. */
  interrupt(): void;
}

export interface TestIoOptions {
  readonly tty?: boolean;
  readonly env?: Record<string, string>;
  /** What stdin gives, in these pieces; none: nothing, and at once. */
  readonly stdin?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export function testIo(cwd: string, { tty = false, env = {}, stdin = [] }: TestIoOptions = {}): TestIo {
  const listeners = new Set<() => void>();
  const exits: number[] = [];
  return {
    stdin: {
      isTTY: tty,
      async *bytes(signal) {
        for await (const piece of stdin) {
          signal.throwIfAborted();
          yield piece;
        }
      },
    },
    stdout: new TextOutput(tty),
    stderr: new TextOutput(tty),
    cwd,
    env,
    exits,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exit: (code) => void exits.push(code),
    interrupt() {
      for (const listener of listeners) listener();
    },
  };
}

/** Runs a command line in this process. */
export async function winback(cwd: string, ...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const io = testIo(cwd);
  const code = await main(argv, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}
