import { createContainer, neverCancelled, StreamId, type FileEntry, type VolumeIdentity } from '@winback/core';
import { testEntry } from '@winback/core/testing';
import { describe, expect, it } from 'vitest';
import { withOneFile } from '../src/index.js';
import { MemoryTarget, type KeptFile } from './support/memory-target.js';

const linux: VolumeIdentity = { root: '/data', fileSystem: 'ext4', device: '/dev/sda1' };
const other: VolumeIdentity = { ...linux, root: '/other' };
const windows: VolumeIdentity = { ...linux, root: 'C:\\', fileSystem: 'NTFS' };

const kept = (volume: VolumeIdentity, path: string, content: string, entry: Partial<FileEntry> = {}): KeptFile => {
  const data = Buffer.from(content);
  const header = { id: StreamId.DATA, attributes: 0, length: data.length };
  return { volume, entry: testEntry(path, entry), streams: [{ header, data }], faults: [] };
};
const folder = (volume: VolumeIdentity, path: string): KeptFile => ({
  ...kept(volume, path, ''),
  entry: testEntry(path, { kind: 'directory' }),
  streams: [],
});

function target(slow: boolean, ...sets: readonly (readonly KeptFile[])[]): MemoryTarget {
  const made = new MemoryTarget(slow);
  for (const files of sets) made.sets.push({ files: [...files], catalog: {} as never });
  return made;
}

async function take(memory: MemoryTarget, item: string, version = 'latest'): Promise<string> {
  const context = { container: createContainer([memory.plugin]), cancellation: neverCancelled };
  return withOneFile(context, { target: 'mem:', version, item }, async ({ file, path, version: { id } }) => {
    await file.streams.next();
    const into = new Uint8Array(100);
    const n = await file.streams.readInto(into);
    return `${id} ${path}: ${Buffer.from(into.subarray(0, n)).toString()}`;
  });
}

describe.each([false, true])('one file of a version (a target that waits: %s)', (slow) => {
  const files = [folder(linux, ''), folder(linux, 'docs'), kept(linux, 'docs/a', 'A'), kept(linux, 'docs/ab', 'AB')];

  it('is found by its path from the root of the volume, and with the volume in front', async () => {
    for (const item of ['docs/a', '/docs/a', '/data/docs/a', 'data/docs/a'])
      expect(await take(target(slow, files), item)).toBe('v1 /data/docs/a: A');
  });

  it('is found on Windows in any case, with either slash', async () => {
    const one = target(slow, [kept(windows, 'Docs/A.txt', 'A')]);
    for (const item of ['docs\\a.TXT', 'c:/docs/a.txt', '\\Docs\\A.txt']) expect(await take(one, item)).toBe('v1 C:\\Docs\\A.txt: A');
  });

  it('is that of the version that was asked for', async () => {
    const both = target(slow, files, [kept(linux, 'docs/a', 'newer'), kept(linux, 'new', 'N')]);
    expect(await take(both, 'docs/a')).toBe('v2 /data/docs/a: newer');
    expect(await take(both, 'docs/a', 'v1')).toBe('v1 /data/docs/a: A');
    await expect(take(both, 'new', 'v1')).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND', hint: expect.stringContaining('v2') as string });
    await expect(take(both, 'docs/a', 'v9')).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
  });

  it('of several names has the content that was kept with the first', async () => {
    const linked = [
      kept(other, 'b', 'wrong'),
      ...files,
      kept(linux, 'z', '', { linkTo: 'docs/ab' }),
      kept(linux, 'torn', '', { linkTo: 'gone' }),
    ];
    expect(await take(target(slow, linked), 'z')).toBe('v1 /data/z: AB');
    await expect(take(target(slow, linked), 'torn')).rejects.toMatchObject({
      code: 'ITEM_NOT_FOUND',
      message: expect.stringContaining('kept with gone') as string,
    });
  });

  it('that is not there, or a folder, or one of several, is refused', async () => {
    const one = target(slow, files);
    await expect(take(one, 'docs/b')).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND', message: 'version v1 holds no docs/b' });
    for (const item of ['docs', '/', '/data'])
      await expect(take(one, item)).rejects.toMatchObject({ code: 'USAGE', message: `${item} is a folder` });
    const two = target(slow, [...files, kept(other, 'docs/a', 'other')]);
    await expect(take(two, 'docs/a')).rejects.toMatchObject({
      code: 'USAGE',
      message: 'docs/a may be any of /data/docs/a, /other/docs/a in version v1',
    });
    expect(await take(two, '/other/docs/a')).toBe('v1 /other/docs/a: other');
    expect(one.closed).toBe(4);
  });
});
