import type { Io, Output } from '../src/io.js';
import { main } from '../src/main.js';

class TextOutput implements Output {
  text = '';
  closed = false;
  readonly #listeners: (() => void)[] = [];
  constructor(
    readonly isTTY = false,
    readonly columns = 80,
  ) {}
  write(text: string): void {
    if (!this.closed) this.text += text;
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

export function testIo(cwd: string, { tty = false, env = {} }: { tty?: boolean; env?: Record<string, string> } = {}): TestIo {
  const listeners = new Set<() => void>();
  const exits: number[] = [];
  return {
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
