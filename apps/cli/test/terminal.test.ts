import type { ProgressReport } from '@winback/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatSeconds, table } from '../src/terminal/format.js';
import { printable, printableJson } from '../src/terminal/printable.js';
import { painterFor } from '../src/terminal/colours.js';
import { ProgressBar, ProgressLines } from '../src/terminal/progress-display.js';
import { JsonDocument } from '../src/json-document.js';
import { testIo } from './test-io.js';

describe('printable', () => {
  it.each([
    ['plain Ünïcödé 文件 😀.txt', 'plain Ünïcödé 文件 😀.txt'],
    ['a\x1b[2Jb', 'a\\x1b[2Jb'],
    ['title\x1b]0;owned\x07', 'title\\x1b]0;owned\\x07'],
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['\x9b31m', '\\x9b31m'],
    ['\u202etxt.exe', '\\u202etxt.exe'],
    ['a\u2028b', 'a\\u2028b'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['byte \udcff and half \ud83d', 'byte \\xff and half \\ud83d'],
    ['del\x7f', 'del\\x7f'],
  ])('%j', (name, shown) => {
    expect(printable(name)).toBe(shown);
  });

  it('lets no control through, and JSON stays the same value', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }), (text) => {
        // eslint-disable-next-line no-control-regex -- what must not be there
        const unsafe = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
        expect(printable(text)).not.toMatch(unsafe);
        expect(printableJson({ text })).not.toMatch(unsafe);
        expect(JSON.parse(printableJson({ text }))).toEqual({ text });
      }),
    );
  });

  it('JSON of 64-bit numbers is text', () => {
    expect(printableJson({ n: 2n ** 63n })).toBe('{"n":"9223372036854775808"}');
  });
});

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [999_499, '999 kB'],
    [999_600, '1.00 MB'],
    [12_345_678, '12.3 MB'],
    [1.5e15, '1.50 PB'],
    [5e18, '5000 PB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0.04, '0.0 s'],
    [9.9, '9.9 s'],
    [59.6, '1 min 0 s'],
    [3599, '59 min 59 s'],
    [7500, '2 h 5 min'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it('counts and tables', () => {
    expect(formatCount(1234567)).toBe('1,234,567');
    expect(
      table(
        [
          ['a', '1'],
          ['bbb', '22'],
        ],
        [1],
      ),
    ).toBe('a     1\nbbb  22\n');
  });
});

describe('colours', () => {
  it('are for terminals, unless NO_COLOR says no', () => {
    const tty = testIo('/', { tty: true });
    expect(painterFor(tty.stderr, tty)('red', 'x')).toBe('\x1b[31mx\x1b[39m');
    const plain = testIo('/');
    expect(painterFor(plain.stderr, plain)('red', 'x')).toBe('x');
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const io = testIo('/', { tty: true, env });
      expect(painterFor(io.stderr, io)('red', 'x')).toBe('x');
    }
  });
});

describe('progress', () => {
  const at = (bytes: number, totalBytes?: number): ProgressReport => ({
    phase: 'backup',
    files: 1234,
    bytes,
    totalBytes,
    current: '\x1b[2Jname',
  });

  it('is a bar with rate and time left on a terminal, and goes away', () => {
    const { stderr } = testIo('/', { tty: true });
    let now = 0;
    const bar = new ProgressBar(stderr, () => now);
    bar.report(at(0, 1e9));
    now = 1000;
    bar.report(at(250e6, 1e9));
    const last = stderr.text.split('\r').at(-1);
    expect(last).toBe('[=====               ] backup   25 %  250 MB of 1.00 GB  250 MB/s  3.0 s left\x1b[K');
    bar.hide();
    expect(stderr.text.endsWith('\r\x1b[K')).toBe(true);
  });

  it('never wraps, and never shows a name', () => {
    const { stderr } = testIo('/', { tty: true });
    Object.assign(stderr, { columns: 30 });
    new ProgressBar(stderr).report(at(5e12, 6e12));
    const [line = ''] = /(?<=\r)[^\x1b]*/.exec(stderr.text) ?? []; // eslint-disable-line no-control-regex
    expect(line).toHaveLength(29);
    expect(stderr.text).not.toContain('name');
  });

  it('is a line now and then elsewhere', () => {
    const { stderr } = testIo('/');
    let now = 0;
    const lines = new ProgressLines(stderr, () => now);
    for (; now < 25_000; now += 100) lines.report(at(now * 1e6));
    expect(stderr.text.split('\n')).toHaveLength(3);
    expect(stderr.text).toMatch(/^backup {2}10\.0 GB {2}.*B\/s {2}1,234 files\n/);
    expect(stderr.text).not.toContain('\x1b');
  });
});

describe('the JSON document', () => {
  const written = (write: (document: JsonDocument) => void): unknown => {
    const { stdout } = testIo('/');
    write(new JsonDocument(stdout));
    return JSON.parse(stdout.text);
  };

  it('is one, with and without items, whole and after a failure', () => {
    expect(
      written((d) => {
        d.end({ a: 1 });
      }),
    ).toEqual({ a: 1 });
    expect(
      written((d) => {
        d.addItems([]);
        d.end({});
      }),
    ).toEqual({ items: [] });
    expect(
      written((d) => {
        d.addItems([{ n: 1 }, { n: 2 }]);
        d.addItems([{ n: 3 }]);
        d.end({ error: { code: 'X' } });
      }),
    ).toEqual({
      items: [{ n: 1 }, { n: 2 }, { n: 3 }],
      error: { code: 'X' },
    });
  });
});
