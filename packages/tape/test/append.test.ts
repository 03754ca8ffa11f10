import { MemoryStreams, StreamId, type BackupStreamSource } from '@winback/core';
import { appendFileSync, copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectMtf } from '../src/index.js';
import {
  addAll,
  catalog,
  description,
  dir,
  entryOf,
  file,
  noise,
  now,
  openTarget,
  readSet,
  tempFolder,
  volume,
  writeSet,
} from './support/target.js';

const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;
const content = (path: string, id: string): string[] =>
  readSet(path, id)
    .files.slice(1)
    .map((f) => f.streams[0]!.data.toString());

describe('appending', () => {
  it('takes a set away that was never finished, whatever its length, and keeps the sets before it', () => {
    const folder = tempFolder();
    const path = join(folder, 'a.bkf');
    writeSet(path, [dir(''), file('n', 'one')]);
    writeSet(path, [dir(''), file('n', 'two')]);
    const clean = statSync(path).size;
    writeSet(path, [dir(''), file('n', 'three'), file('big', noise(20_000))]);
    const full = statSync(path).size; // with its last filemark, whose absence alone costs nothing
    for (let size = clean; size < full - 1024; size += 512) {
      const torn = join(folder, 'torn.bkf');
      copyFileSync(path, torn);
      truncateSync(torn, size + (size % 3));
      const before = openTarget(torn);
      expect(before.versions().map((v) => v.number)).toEqual([1, 2]);
      expect(content(torn, '2')).toEqual(['two']);
      if (size > clean) expect(before.damage.length).toBeGreaterThan(0);
      writeSet(torn, [dir(''), file('n', 'again')]);
      const after = openTarget(torn);
      expect(after.versions().map((v) => v.number)).toEqual([1, 2, 3]);
      expect(after.damage).toEqual([]);
      expect(content(torn, '1')).toEqual(['one']);
      expect(content(torn, '3')).toEqual(['again']);
    }
  });

  it('repairs a first set that was never finished', () => {
    const folder = tempFolder();
    const path = join(folder, 'a.bkf');
    writeSet(path, [dir(''), file('n', 'one')]);
    const whole = readFileSync(path);
    for (let size = 0; size < whole.length - 1024; size += 512) {
      const torn = join(folder, 'torn.bkf');
      writeFileSync(torn, whole.subarray(0, size));
      writeSet(torn, [dir(''), file('n', 'again')]);
      expect(content(torn, 'latest')).toEqual(['again']);
      expect(openTarget(torn).versions()).toHaveLength(1);
    }
  });

  it('takes bytes away that crashed writes left behind the last filemark', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeSet(path, [dir(''), file('n', 'one')]);
    for (const rest of [Buffer.alloc(5000), Buffer.from(noise(3000)), Buffer.alloc(1)]) {
      appendFileSync(path, rest);
      expect(openTarget(path).versions().length).toBeGreaterThan(0);
      writeSet(path, [dir(''), file('n', 'more')]);
    }
    expect(openTarget(path).versions()).toHaveLength(4);
    expect([...inspectMtf(path)].filter((i) => i.kind === 'damage')).toEqual([]);
  });

  it('does not lose a set when its last filemark is damaged or missing', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeSet(path, [dir(''), file('n', 'one')]);
    writeSet(path, [dir(''), file('n', 'two')]);
    const whole = readFileSync(path);
    for (const cut of [0, 1, 1024]) {
      writeFileSync(path, whole.subarray(0, whole.length - cut));
      if (cut === 0) writeFileSync(path, Buffer.concat([whole.subarray(0, -1024), noise(1024)]));
      expect(openTarget(path).versions()).toHaveLength(2);
      writeSet(path, [dir(''), file('n', 'three')]);
      expect([1, 2, 3].map((n) => content(path, String(n)))).toEqual([['one'], ['two'], ['three']]);
      const again = openTarget(path);
      expect(again.versions()).toHaveLength(3);
      expect(again.damage).toEqual([]);
      expect([...inspectMtf(path)].filter((i) => i.kind === 'damage')).toEqual([]);
    }
  });

  it('never takes sets away that stand behind damage', () => {
    const path = join(tempFolder(), 'a.bkf');
    for (const text of ['one', 'two', 'three']) writeSet(path, [dir(''), file('n', text)]);
    const bytes = readFileSync(path);
    const second = bytes.indexOf('SSET', bytes.indexOf('SSET') + 4, 'latin1');
    bytes.fill(0xff, second + 0x414, second + 0x415); // the VOLB of the second set
    writeFileSync(path, bytes);
    // The end is clean: a set may follow.
    writeSet(path, [dir(''), file('n', 'four')]);
    expect(content(path, 'latest')).toEqual(['four']);
    expect(content(path, '3')).toEqual(['three']);
    // With a torn end there is no telling; nothing is touched.
    appendFileSync(path, Buffer.alloc(700));
    const size = statSync(path).size;
    expect(() => {
      writeSet(path, [dir('')]);
    }).toThrow(code('TARGET_DAMAGED'));
    expect(statSync(path).size).toBe(size);
    expect(openTarget(path).versions()).toHaveLength(4);
    expect(content(path, '4')).toEqual(['four']);
  });

  it('refuses files that are in no tape format, and leaves them as they are', () => {
    const path = join(tempFolder(), 'a.bkf');
    for (const bytes of [Buffer.from('my letter to the editor'), Buffer.alloc(4096), Buffer.from(noise(5000))]) {
      writeFileSync(path, bytes);
      const target = openTarget(path, 'append');
      expect(() => target.createSet(description)).toThrow(code('TARGET_FOREIGN'));
      target.close();
      expect(readFileSync(path)).toEqual(bytes);
      expect(() => openTarget(path).versions()).toThrow(code('TARGET_FOREIGN'));
    }
  });

  it('takes an empty file as a new one', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeFileSync(path, '');
    writeSet(path, [dir(''), file('n', 'one')]);
    expect(content(path, 'latest')).toEqual(['one']);
  });

  it('after an error of the source the set can only be aborted, and then it is gone', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeSet(path, [dir(''), file('n', 'one')]);
    const bytes = readFileSync(path);
    const target = openTarget(path, 'append');
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    addAll(writer, [dir(''), file('big', noise(3_000_000))]);
    const short = new MemoryStreams([{ id: StreamId.DATA, attributes: 0, data: noise(10) }]);
    const lying: BackupStreamSource = {
      faults: [],
      next: () => {
        const head = short.next();
        return head ? { ...head, length: 20 } : undefined;
      },
      readInto: (b) => short.readInto(b),
      close: () => undefined,
    };
    expect(() => {
      writer.add(entryOf('f', { size: 20 }), lying);
    }).toThrow(TypeError);
    expect(() => {
      addAll(writer, [file('after', '')]);
    }).toThrow(/abort it/);
    expect(() => writer.commit(catalog())).toThrow(/abort it/);
    now(writer.abort());
    target.close();
    expect(readFileSync(path)).toEqual(bytes);
  });

  it('removes a file that was made for a set which was aborted', () => {
    const path = join(tempFolder(), 'a.bkf');
    const target = openTarget(path, 'append');
    const writer = target.createSet(description);
    expect(existsSync(path)).toBe(true);
    now(writer.abort());
    expect(existsSync(path)).toBe(false);
    target.close();
  });

  it('tells one writer of another', () => {
    const path = join(tempFolder(), 'a.bkf');
    const first = openTarget(path, 'append');
    const second = openTarget(path, 'append');
    const writer = first.createSet(description);
    expect(() => second.createSet(description)).toThrow(code('TARGET_LOCKED'));
    expect(() => openTarget(path, 'append')).toThrow(code('TARGET_LOCKED'));
    writer.beginVolume(volume);
    now(writer.commit(catalog()));
    first.close();
    now(second.createSet(description).abort());
    second.close();
    expect(openTarget(path).versions()).toHaveLength(1);
  });
});
