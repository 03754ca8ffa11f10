import { addAbortSignal } from 'node:stream';
import { isatty } from 'node:tty';
import { Exit } from './exit-codes.js';
import { readSecret } from './terminal/read-secret.js';

/** A stream of text to a person or a program. */
export interface Output {
  readonly isTTY: boolean;
  /** Width of the terminal; 80 where there is none. */
  readonly columns: number;
  /** The reader has gone: what is written goes nowhere. */
  readonly closed: boolean;
  write(text: string): void;
  /** Writes what is no text; `bytes` may change again once there is an answer. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  /** Calls back when the reader goes. */
  onClose(listener: () => void): void;
}

/** Bytes that a program or a person gives. */
export interface Input {
  readonly isTTY: boolean;
  /** All of them, in pieces, which end with an error when the signal says so. Asked for once. */
  bytes(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** A line that a person types at a terminal and nobody sees; undefined where Ctrl-C or Ctrl-D came instead. */
  secret?(): Promise<string | undefined>;
}

/** What the program has of the world: everything it does goes through here, so that tests and the tour run it in-process. */
export interface Io {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** The user's folder; relative paths start here. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls back at each Ctrl-C until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

class ProcessOutput implements Output {
  closed = false;
  readonly #listeners: (() => void)[] = [];

  constructor(private readonly stream: NodeJS.WriteStream) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The reader (a pager, head) had enough, or the terminal is gone. Anything else is a full disk and the like.
      const quiet = error.code === 'EPIPE' || error.code === 'EIO' || error.code === 'ERR_STREAM_DESTROYED';
      if (!quiet && !this.closed) process.exitCode = 1;
      this.closed = true;
      for (const listener of this.#listeners.splice(0)) listener();
    });
  }

  get isTTY(): boolean {
    return this.stream.isTTY;
  }

  get columns(): number {
    return this.stream.columns || 80;
  }

  write(text: string): void {
    if (!this.closed) this.stream.write(text);
  }

  async writeBytes(bytes: Uint8Array): Promise<void> {
    if (this.closed) return;
    await new Promise<void>((resolve) => this.stream.write(bytes, () => resolve()));
  }

  onClose(listener: () => void): void {
    this.#listeners.push(listener);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** From now on, for the life of the process: a signal goes to whoever listens, and ends the process where nobody does. */
function listenForSignals(): Io['onInterrupt'] {
  const listeners = new Set<() => void>();
  const onSignal = (): void => {
    if (listeners.size === 0) process.exit(Exit.INTERRUPTED);
    for (const listener of listeners) listener();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return (listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
}

/** Not touched before it is needed: looking at it keeps a process waiting for input. */
const processInput: Input = {
  get isTTY() {
    return isatty(0);
  },
  bytes: (signal) => addAbortSignal(signal, process.stdin) as AsyncIterable<Uint8Array>,
  secret: () => readSecret(process.stdin),
};

export const processIo = (): Io => ({
  stdin: processInput,
  stdout: new ProcessOutput(process.stdout),
  stderr: new ProcessOutput(process.stderr),
  cwd: process.cwd(),
  env: process.env,
  onInterrupt: listenForSignals(),
  exit: (code) => process.exit(code),
});
