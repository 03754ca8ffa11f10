import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import type { FileEntry, FileProblem, OverwriteMode, VolumeDriver } from '@winback/core';
import {
  fileAt,
  IMAGE_KINDS,
  mountImage,
  readTree,
  recoverTree,
  testFile,
  testItem,
  type MountedImage,
  type TestFile,
  type TestTree,
} from '@winback/core/testing';
import { MountedNtfsDriver } from '../../src/index.js';

export const driver = new MountedNtfsDriver(undefined, undefined, false);
export const STREAMS_INTERFACES = ['xattr', 'windows'] as const;

/** Tests on a volume of their own; skipped with the reason where none can be mounted. */
export function onVolume(title: string, options: string, body: (mounted: MountedImage) => void, size = '64M'): void {
  const mounted = mountImage({ ...IMAGE_KINDS.ntfs, size, options });
  if ('reason' in mounted) {
    it.skip(`${title} (${mounted.reason})`, () => undefined);
    return;
  }
  afterAll(mounted.unmount);
  describe(`${title} (${options})`, () => {
    body(mounted);
  });
}

/** The same tests with alternate streams shown in both of the ways that ntfs-3g has. */
export function onBoth(title: string, body: (mounted: MountedImage, streams: (typeof STREAMS_INTERFACES)[number]) => void): void {
  for (const streams of STREAMS_INTERFACES) {
    onVolume(title, `streams_interface=${streams}`, (mounted) => {
      body(mounted, streams);
    });
  }
}

export const makeFolder = (parent: string): string => mkdtempSync(join(parent, 'case-'));

/** Runs a shell script in a folder and answers what it prints; names and content stay bytes. */
export const sh = (folder: string, script: string): string =>
  execFileSync('bash', ['-euc', script], { cwd: folder, maxBuffer: 1 << 28, encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'] });

/** An extended attribute as getfattr(1) tells it; undefined where there is none. */
export function getfattr(path: string, name: string): Uint8Array | undefined {
  const { status, stdout } = spawnSync('getfattr', ['-h', '--absolute-names', '--only-values', '-n', name, path], { maxBuffer: 1 << 20 });
  return status === 0 ? new Uint8Array(stdout) : undefined;
}

/** Sets an extended attribute with setfattr(1), whose arguments have no room for large ones. */
export const setfattr = (path: string, name: string, value: Uint8Array): void => {
  const input = `# file: ${basename(path)}\n${name}=0x${Buffer.from(value).toString('hex')}\n`;
  execFileSync('setfattr', ['-h', '--restore=-'], { cwd: dirname(path), input, stdio: ['pipe', 'ignore', 'pipe'] });
};

export const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');

/** A file or folder with facts, in a folder of its own, recovered by Winback. */
export function recoverOne(
  mounted: MountedImage,
  facts: Partial<FileEntry>,
  content = 'content',
): { readonly folder: string; readonly path: string; readonly problems: readonly string[] } {
  const folder = makeFolder(mounted.folder);
  const item = facts.kind === undefined || facts.kind === 'file' ? testFile('f', content, facts) : testItem('f', facts);
  return { folder, path: join(folder, 'f'), problems: told(recoverTree(driver, folder, [item])) };
}

/** Problems as one would see them, without notes. */
export const told = (problems: readonly FileProblem[]): readonly string[] =>
  problems.map(({ effect, error }) => `${effect}: ${error.message}${error.hint === undefined ? '' : ` — ${error.hint}`}`);

/** What Winback reads of one file in a folder. */
export function readOne(folder: string, path = 'f'): TestFile & { readonly problems: readonly string[] } {
  const tree = readTree(driver, folder);
  return { ...fileAt(tree, path), problems: told(tree.problems.filter((problem) => problem.path.endsWith(path))) };
}

/** Copies a tree with Winback: what it read, and all problems on both ways. */
export function copyTree(
  from: string,
  to: string,
  overwrite: OverwriteMode = 'overwrite',
  [reader, writer]: readonly [VolumeDriver, VolumeDriver] = [driver, driver],
): { readonly tree: TestTree; readonly problems: readonly string[] } {
  const tree = readTree(reader, from);
  return { tree, problems: told([...tree.problems, ...recoverTree(writer, to, tree.files.values(), overwrite)]) };
}

/** A record of `REPARSE_DATA_BUFFER`, with a GUID for tags that are not Microsoft's. */
export function reparsePoint(tag: number, data: Uint8Array | string = '', guid?: Uint8Array): Uint8Array {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint32(0, tag, true);
  view.setUint16(4, bytes.length, true);
  return new Uint8Array(Buffer.concat([head, guid ?? new Uint8Array(), bytes]));
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

/** A junction. */
export function mountPoint(target: string): Uint8Array {
  const [substitute, print] = [utf16(`\\??\\${target}`), utf16(target)];
  const head = Buffer.from(new Uint16Array([0, substitute.length, substitute.length + 2, print.length]).buffer);
  return reparsePoint(0xa000_0003, Buffer.concat([head, substitute, Buffer.alloc(2), print, Buffer.alloc(2)]));
}

/** A symbolic link as Windows makes it. */
export function symbolicLink(target: string, relative = true): Uint8Array {
  const name = utf16(target);
  const head = Buffer.from(new Uint16Array([0, name.length, name.length, name.length, relative ? 1 : 0, 0]).buffer);
  return reparsePoint(0xa000_000c, Buffer.concat([head, name, name]));
}
