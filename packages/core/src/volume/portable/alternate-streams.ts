import { constants } from 'node:os';
import { describeErrno } from '../../errors/index.js';
import { alternateName } from '../../facts/sidecar.js';
import { libc } from '../../ffi/libc.js';
import type { BackupStreamHeader } from '../../streams/backup-stream.js';
import { StreamId } from '../../streams/stream-id.layout.js';

const { EINTR, EIO } = constants.errno;

/** Opens an alternate stream of the file for writing; -1: errno says why. Undefined: large ones can be written nowhere. */
export type OpenAlternate = (stream: string) => number | undefined;

/**
 * The alternate streams of one file on their way: gathered while they are small, and given to whoever sets them; larger ones are
 * written where they belong as they come.
 */
export class AlternateStreams {
  readonly #whole = new Map<string, Uint8Array>();
  readonly #refused: { readonly name: string; readonly reason: string }[] = [];
  #current: Current | undefined;

  constructor(
    private readonly limit: number,
    private readonly open: OpenAlternate | undefined,
  ) {}

  /** Whether the streams that come belong to an alternate stream: its blocks do, up to the next stream of another kind. */
  takes(stream: BackupStreamHeader): boolean {
    return stream.id === StreamId.ALTERNATE_DATA || (stream.id === StreamId.SPARSE_BLOCK && this.#current !== undefined);
  }

  /** False: its bytes need not be written. */
  begin(stream: BackupStreamHeader): boolean {
    if (stream.id === StreamId.ALTERNATE_DATA) {
      this.end();
      this.#current = new Current(alternateName(stream.name ?? ''));
    }
    const current = this.#current;
    if (!current) return false;
    if (!isName(current.name)) current.reason = 'no name';
    current.position = stream.offset ?? 0;
    const end = current.position + stream.length;
    if (current.reason === undefined && end > this.limit && current.fd < 0) this.#spill(current);
    current.size = Math.max(current.size, end);
    return current.reason === undefined;
  }

  write(data: Uint8Array): void {
    const current = this.#current;
    if (!current || current.reason !== undefined) return;
    if (current.fd < 0) current.pieces.push({ at: current.position, bytes: data.slice() });
    else writeAt(current, data, current.position);
    current.position += data.length;
  }

  /** Ends the current stream. */
  end(): void {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return;
    if (current.fd >= 0) {
      if (current.reason === undefined && libc().ftruncate(current.fd, current.size) !== 0) current.reason = libc().errno();
      if (libc().close(current.fd) !== 0) current.reason ??= libc().errno();
    }
    if (current.reason !== undefined) this.#refused.push({ name: current.name, reason: describeReason(current, this.limit) });
    else if (current.fd < 0) {
      const bytes = new Uint8Array(current.size);
      for (const piece of current.pieces) bytes.set(piece.bytes.subarray(0, Math.max(0, bytes.length - piece.at)), piece.at);
      this.#whole.set(current.name, bytes);
    }
  }

  /** Those that were gathered, by name. */
  get whole(): ReadonlyMap<string, Uint8Array> {
    return this.#whole;
  }

  get refused(): readonly { readonly name: string; readonly reason: string }[] {
    return this.#refused;
  }

  #spill(current: Current): void {
    const fd = this.open?.(current.name);
    current.fd = fd ?? -1;
    if (fd === undefined) current.reason = 'too large';
    else if (fd < 0) current.reason = libc().errno();
    else for (const { at, bytes } of current.pieces) writeAt(current, bytes, at);
    current.pieces.length = 0;
  }
}

class Current {
  readonly pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  size = 0;
  position = 0;
  fd = -1;
  /** Why it is not kept: an errno, or too large. */
  reason: number | 'too large' | 'no name' | undefined;
  constructor(readonly name: string) {}
}

function writeAt(current: Current, data: Uint8Array, position: number): void {
  for (let at = 0; at < data.length;) {
    const written = libc().pwrite(current.fd, at === 0 ? data : data.subarray(at), data.length - at, position + at);
    if (written > 0) at += written;
    else if (written === 0 || libc().errno() !== EINTR) {
      current.reason = written === 0 ? EIO : libc().errno();
      return;
    }
  }
}

/** NTFS counts the characters of a name in a byte. */
const NAME_MAX = 255;
/** Names come from a backup: none may lead elsewhere. */
const isName = (name: string): boolean => name !== '' && name.length <= NAME_MAX && !/[/\0]/.test(name);

const describeReason = ({ size, reason }: Current, limit: number): string =>
  reason === 'too large'
    ? `${size} bytes, where ${limit} have room`
    : reason === 'no name'
      ? 'not a name that a stream can have'
      : describeErrno(reason ?? EIO);
