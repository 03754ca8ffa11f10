import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backup, home, json, listItems, mountSmall, recovery, run, sh, useHome, verify, type RunOptions } from './program.js';

useHome();

const MOMENTS = Number(process.env['WINBACK_KILL_MOMENTS'] ?? 15);
const at = (...parts: string[]): string => join(home(), ...parts);
const size = (name = 'x.bkf'): number => statSync(at(name)).size;

describe('kill -9', () => {
  it(`at ${String(MOMENTS)} moments of an append: what was there stays, and the next backup repairs`, async () => {
    // Large enough for the thread that writes to be at work most of the time.
    sh(
      'mkdir one two; echo one > one/f; for i in {1..500}; do echo $i > two/$i; done; head -c 120M /dev/urandom > two/big; head -c 60M /dev/zero > two/zeros',
    );
    expect(await run(backup('one'))).toMatchObject({ code: 0 });
    const first = readFileSync(at('x.bkf'));
    const argv = (target?: string): string[] => [...backup('two', target), '--progress', 'json'];
    let began = 0;
    const onFirstReport = (act: (child: ChildProcess) => void): RunOptions => {
      let seen = false;
      return {
        onOutput(stderr, child) {
          if (!seen && stderr.includes('"phase":"backup"')) act(child);
          seen ||= stderr.includes('"phase":"backup"');
        },
      };
    };
    const whole = await run(
      argv('whole.bkf'),
      onFirstReport(() => (began = performance.now())),
    );
    expect(whole.code).toBe(0);
    const length = performance.now() - began;
    sh('rm whole.bkf');
    let [torn, committed] = [0, 1];
    for (let moment = 0; moment < MOMENTS; moment++) {
      const after = (length * (moment + Math.random())) / MOMENTS;
      const { signal } = await run(
        argv(),
        onFirstReport((child) => setTimeout(() => child.kill('SIGKILL'), after)),
      );
      const bytes = readFileSync(at('x.bkf')).subarray(0, first.length);
      expect(bytes.equals(first)).toBe(true);
      const { versions } = await json(['get', 'versions', '--backup-target', 'x.bkf']);
      if (versions.length > committed) {
        // It was done but for its last words.
        sh(`truncate -s ${String(first.length)} x.bkf`);
        continue;
      }
      expect(versions).toHaveLength(committed);
      if (signal !== 'SIGKILL' || size() <= first.length) continue;
      torn++;
      // Every other time the tail is left as it is for the next one to meet.
      if (moment % 2 === 1) continue;
      const verified = await json(verify());
      expect(verified).toMatchObject({ versions: versions.map(({ id }) => id) });
      expect(verified.problems.map(({ message }) => message).join('\n')).toMatch(/never finished/);
    }
    expect(torn).toBeGreaterThan(0);
    expect(await json(backup('one'))).toMatchObject({ code: 0, problemCount: 0 });
    committed++;
    expect(size()).toBeLessThan(3 * first.length);
    expect(await json(verify())).toMatchObject({ code: 0, problems: [], versions: { length: committed } });
    expect(await run(backup('two'))).toMatchObject({ code: 0 });
    expect(await run(recovery('/'))).toMatchObject({ code: 0 });
    expect(await run(verify('--compare', 'out'))).toMatchObject({ code: 0 });
  }, 120_000);
});

describe('a full disk', () => {
  it.for([['little, written at once', '300k', '1M'] as const, ['much, written by a thread', '30m', '60M'] as const])(
    'in a backup of %s: an error, what was there stays, and room is given back',
    async ([, room, content], context) => {
      const disk = mountSmall(context, room);
      sh(`mkdir small src; echo s > small/s; head -c ${content} /dev/urandom > src/f`);
      const failed = await json(backup('src', 'disk/new.bkf'));
      expect(failed).toMatchObject({ code: 1, error: { code: 'TARGET_FULL', message: expect.stringContaining('disk/new.bkf') as string } });
      expect(failed.error.hint).toBeTruthy();
      expect(existsSync(join(disk, 'new.bkf'))).toBe(false);
      expect(await run(backup('small', 'disk/old.bkf'))).toMatchObject({ code: 0 });
      const before = readFileSync(join(disk, 'old.bkf'));
      expect(await run(backup('src', 'disk/old.bkf'))).toMatchObject({ code: 1 });
      expect(readFileSync(join(disk, 'old.bkf')).equals(before)).toBe(true);
      expect(await run(backup('small', 'disk/old.bkf'))).toMatchObject({ code: 0 });
      expect(await json(['verify', '--backup-target', 'disk/old.bkf'])).toMatchObject({ code: 0, versions: { length: 2 } });
    },
  );

  it('in a recovery: an error, and what was recovered stays', async (context) => {
    const disk = mountSmall(context, '2m');
    sh('mkdir src; echo first > src/a; head -c 5M /dev/urandom > src/b; echo last > src/c');
    await run(backup('src'));
    const failed = await json(recovery('/', 'disk/out'));
    expect(failed).toMatchObject({ code: 1, error: { code: 'RECOVERY_IO', message: expect.stringMatching(/src\/b: .*ENOSPC/) as string } });
    expect(failed.error.hint).toContain('room');
    expect(sh(`cd ${disk}/out${home()}/src; ls -A; cat a`)).toBe('a\nfirst\n');
  });
});

describe('Ctrl-C', () => {
  const stopIn = (argv: readonly string[]): ReturnType<typeof json> => {
    let sent = false;
    return json([...argv, '--progress', 'json'], {
      onOutput(stderr, child) {
        if (!sent && /"type":"progress"[^\n]*"bytes":[1-9]/.test(stderr)) sent = child.kill('SIGINT');
      },
    });
  };

  it('ends recovery and verify with 130, and a half-written file is gone', async () => {
    sh('mkdir src; for i in 1 2 3; do head -c 150M /dev/zero | tr "\\0" $i > src/f$i; done');
    expect(await run(backup('src'))).toMatchObject({ code: 0 });
    const stopped = { code: 130, error: { code: 'INTERRUPTED' } };
    expect(await stopIn(recovery('/'))).toMatchObject(stopped);
    const sizes = sh('find out -type f -printf "%s\\n"').split('\n').filter(Boolean);
    expect(new Set(sizes).size).toBeLessThanOrEqual(1);
    expect(sh('find out -name ".winback*"')).toBe('');
    sh('rm -r out');
    expect(await stopIn(verify())).toMatchObject(stopped);
    expect(await run(recovery('/'))).toMatchObject({ code: 0 });
    expect(await run(verify())).toMatchObject({ code: 0 });
  }, 300_000);

  it('ends a listing with 130', async () => {
    sh('mkdir src; cd src; seq 20000 | xargs touch');
    await run(backup('src'));
    let sent = false;
    const { code } = await run([...listItems], {
      onStart: (child) => child.stdout?.once('data', () => (sent = child.kill('SIGINT'))),
    });
    expect(sent).toBe(true);
    // The last items may have been on their way already.
    expect([0, 130]).toContain(code);
  });
});

describe('two at once', () => {
  it('one append waits for nobody: the other is told that the target is locked', async () => {
    sh('mkdir src; head -c 100M /dev/zero > src/f; mkdir small');
    let second: ReturnType<typeof json> | undefined;
    const first = json([...backup('src'), '--progress', 'json'], {
      onOutput(stderr, child) {
        if (second || !stderr.includes('"phase":"backup"')) return;
        child.kill('SIGSTOP');
        second = json(backup('small'));
        void second.finally(() => child.kill('SIGCONT'));
      },
    });
    expect(await first).toMatchObject({ code: 0 });
    expect(await second).toMatchObject({ code: 4, error: { code: 'TARGET_LOCKED' } });
    expect(await json(verify())).toMatchObject({ code: 0, versions: { length: 1 } });
  });
});

describe('what is no backup, or no longer whole', () => {
  it.each([
    ['not a .bkf', 'echo "this is no tape" > x.bkf'],
    ['random bytes', 'head -c 100k /dev/urandom > x.bkf'],
    ['zeros', 'head -c 100k /dev/zero > x.bkf'],
    ['empty', ': > x.bkf'],
    ['a folder', 'mkdir x.bkf'],
    ['a device', 'ln -s /dev/zero x.bkf'],
    ['a fifo', 'mkfifo x.bkf'],
  ])('%s: a clear error of every command, and no file of somebody else’s is written to', async (kind, make) => {
    sh(`mkdir src; ${make}`);
    const look = (): string => sh('stat -Lc "%F %s %Y" x.bkf; [ ! -f x.bkf ] || sha1sum x.bkf');
    const before = look();
    for (const argv of [verify(), ['tape', 'inspect', 'x.bkf']]) {
      const { code, error } = await json(argv);
      if (kind === 'empty') continue;
      expect([1, 5], `${argv[0] ?? ''} of ${kind}`).toContain(code);
      if (argv[0] !== 'tape') expect(error.message).toContain('x.bkf');
    }
    expect(look()).toBe(before);
    const made = await run(backup('src'));
    if (kind === 'empty') expect(made.code).toBe(0);
    else {
      expect([1, 5]).toContain(made.code);
      expect(look()).toBe(before);
    }
  });

  it('missing: 4', async () => {
    sh('mkdir src');
    for (const argv of [verify(), recovery('/'), listItems, backup('src', 'nowhere/x.bkf')]) {
      expect(await json(argv)).toMatchObject({ code: 4, error: { code: 'TARGET_NOT_FOUND' } });
    }
    expect(existsSync(at('out'))).toBe(false);
  });

  it('cut short anywhere: located, 5, and what is whole is recovered', async () => {
    sh('mkdir src; for i in {1..9}; do head -c 40k /dev/urandom > src/f$i; done');
    await run(backup('src'));
    const whole = readFileSync(at('x.bkf'));
    for (const part of [0.1, 0.5, 0.9]) {
      writeFileSync(at('x.bkf'), whole.subarray(0, Math.floor((whole.length * part) / 512) * 512 + 100));
      const verified = await run(verify());
      expect([0, 1, 5], verified.stderr).toContain(verified.code);
      expect(verified.stderr).toMatch(/x\.bkf.*(never finished|byte)/);
    }
  });

  it('a bit flipped: located, 5, what is whole is listed and recovered', async () => {
    sh('mkdir src; for i in {1..9}; do head -c 40k /dev/urandom > src/f$i; done');
    await run(backup('src'));
    const whole = readFileSync(at('x.bkf'));
    const place = whole.indexOf(readFileSync(at('src/f5')).subarray(0, 40)) + 20_000;
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(place) ^ 4, place);
    writeFileSync(at('x.bkf'), damaged);
    const verified = await run(verify());
    expect(verified.code).toBe(5);
    expect(verified.stderr).toMatch(/f5.*byte (0x[0-9a-f]+|\d+)/);
    expect(await json(listItems)).toMatchObject({ count: 10 });
    expect(await json(recovery('/'))).toMatchObject({ code: 5, files: 8 });
    expect(sh(`cd out${home()}/src; ls; for f in *; do cmp $f ${home()}/src/$f; done`)).toBe('f1\nf2\nf3\nf4\nf6\nf7\nf8\nf9\n');
    // Appending to it keeps what is there.
    expect([0, 3, 5]).toContain((await run(backup('src'))).code);
  });
});
