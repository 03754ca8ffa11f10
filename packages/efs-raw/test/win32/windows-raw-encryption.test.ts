import { randomBytes } from 'node:crypto';
import type { Platform } from '@winback/core';
import { describe, expect, it } from 'vitest';
import { RawFlag, WindowsRawEncryption, type RawEncryptionCalls } from '../../src/index.js';
import { metadataStream, rawHeader } from '../../src/raw/raw-writer.js';

const PIECE = 3000;
const windows = { os: 'win32', arch: 'x64' } as Platform;

/** advapi32 over files in memory, as Microsoft documents the calls. */
class Memory implements RawEncryptionCalls {
  readonly files = new Map<string, Uint8Array>();
  readonly opened: [path: string, flags: number][] = [];
  readonly open_ = new Set<bigint>();
  error = 0;

  open(path: string, flags: number) {
    if (this.error !== 0) return { error: this.error, context: 0n };
    this.opened.push([path, flags]);
    const context = BigInt(this.opened.length);
    this.open_.add(context);
    return { error: 0, context };
  }

  read(callback: (data: Uint8Array) => number, context: bigint): number {
    const bytes = this.files.get(this.opened[Number(context) - 1]![0])!;
    for (let at = 0; at < bytes.length; at += PIECE) {
      const error = callback(bytes.subarray(at, at + PIECE));
      if (error !== 0) return error;
    }
    return 0;
  }

  write(callback: (buffer: Uint8Array) => { readonly length: number } | { readonly error: number }, context: bigint): number {
    const parts: Uint8Array[] = [];
    for (;;) {
      const buffer = new Uint8Array(PIECE);
      const answer = callback(buffer);
      if ('error' in answer) return answer.error;
      if (answer.length === 0) break;
      parts.push(buffer.subarray(0, answer.length));
    }
    this.files.set(this.opened[Number(context) - 1]![0], new Uint8Array(Buffer.concat(parts)));
    return 0;
  }

  close(context: bigint): void {
    this.open_.delete(context);
  }
}

function made() {
  const memory = new Memory();
  return { memory, encryption: new WindowsRawEncryption(windows, () => memory) };
}

describe('the raw encryption calls, for volumes', () => {
  it('are there on Windows alone', () => {
    expect(made().encryption.probe()).toEqual({ available: true });
    expect(new WindowsRawEncryption({ ...windows, os: 'linux' }).probe()).toMatchObject({ available: false });
    const broken = new WindowsRawEncryption(windows, () => {
      throw new Error('no DLL');
    });
    expect(broken.probe()).toEqual({ available: false, reason: expect.stringContaining('no DLL') as string });
  });

  it('give and take every byte', () => {
    const { memory, encryption } = made();
    const bytes = new Uint8Array(randomBytes(10_000));
    let at = 0;
    const give = (into: Uint8Array): number => {
      const piece = bytes.subarray(at, at + Math.min(into.length, 700));
      into.set(piece);
      at += piece.length;
      return piece.length;
    };
    expect(encryption.write('f', give)).toBeUndefined();
    const parts: Uint8Array[] = [];
    expect(encryption.read('f', (piece) => parts.push(piece.slice()))).toBeUndefined();
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    expect(memory.opened).toEqual([
      ['f', RawFlag.CREATE_FOR_IMPORT],
      ['f', 0],
    ]);
    expect(memory.open_.size).toBe(0);
  });

  it('give and take the metadata of folders', () => {
    const { memory, encryption } = made();
    const metadata = new Uint8Array(randomBytes(700));
    expect(encryption.writeFolder('d', metadata)).toBeUndefined();
    expect(memory.opened).toEqual([['d', RawFlag.CREATE_FOR_IMPORT | RawFlag.CREATE_FOR_DIR]]);
    expect(Buffer.from(memory.files.get('d')!).equals(Buffer.concat([rawHeader(), metadataStream(metadata)]))).toBe(true);
    expect(encryption.readFolder('d')).toEqual(metadata);
    for (const nonsense of [new Uint8Array(), new Uint8Array(50).fill(7), memory.files.get('d')!.slice(0, 40)]) {
      memory.files.set('d', nonsense);
      expect(() => encryption.readFolder('d')).toThrow(expect.objectContaining({ code: expect.stringMatching(/^FORMAT_/) as string }));
    }
    memory.error = 5;
    expect(encryption.readFolder('d')).toEqual({ call: 'OpenEncryptedFileRaw', error: 5 });
    expect(encryption.writeFolder('d', metadata)).toEqual({ call: 'OpenEncryptedFileRaw', error: 5 });
  });

  it('that fail, and callbacks that do, leave nothing open', () => {
    const { memory, encryption } = made();
    memory.files.set('f', new Uint8Array(10_000));
    const mine = new Error('mine');
    const fail = (): never => {
      throw mine;
    };
    expect(() => encryption.read('f', fail)).toThrow(mine);
    expect(() => encryption.write('g', fail)).toThrow(mine);
    expect(memory.files.has('g')).toBe(false);
    memory.read = () => 23;
    memory.write = () => 112;
    expect(encryption.read('f', () => undefined)).toEqual({ call: 'ReadEncryptedFileRaw', error: 23 });
    expect(encryption.write('f', () => 0)).toEqual({ call: 'WriteEncryptedFileRaw', error: 112 });
    expect(memory.open_.size).toBe(0);
  });
});
