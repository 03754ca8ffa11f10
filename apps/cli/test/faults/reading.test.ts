import { appendFileSync, chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backup, home, json, listItems, machine, mountSmall, need, recovery, run, sh, useHome, verify, type Document } from './program.js';

useHome();

const NOBODY = 65_534;
const shortened = (text: string): string => text.replaceAll(`${home()}/`, '');
const problemsOf = ({ problems }: Document): string[] => problems.map(({ path, code, effect }) => `${effect} ${shortened(path)} ${code}`);
const kept = async (): Promise<string[]> => (await json(listItems)).items.map(({ path }) => shortened(path));

/** Backs `src` up and stops the program while it reads the first of its files, to change the others meanwhile. */
async function backUpWhile(change: () => void): Promise<Document & { code: number | null }> {
  mkdirSync(join(home(), 'src'), { recursive: true });
  writeFileSync(join(home(), 'src', '1-first'), Buffer.alloc(200_000_000, 1));
  let seen = false;
  return json([...backup('src'), '--progress', 'json'], {
    onOutput(stderr, child) {
      if (seen || !/"phase":"backup"[^\n]*"bytes":[1-9]/.test(stderr)) return;
      seen = true;
      child.kill('SIGSTOP');
      change();
      child.kill('SIGCONT');
    },
  });
}

describe('what cannot be read as it should', () => {
  it('files and folders without permission are listed, the rest is kept', async (context) => {
    need(context, machine.root, 'becoming another user needs root');
    sh(`mkdir -p src/locked src/unsearchable; echo a > src/ok; echo b > src/no; echo c > src/locked/x; echo d > src/unsearchable/x
      chmod 0 src/no src/locked; chmod 644 src/unsearchable`);
    chmodSync(home(), 0o777);
    const made = await json(backup('src'), { user: NOBODY });
    expect(made).toMatchObject({ code: 3, outcome: 'with-problems', problemCount: 3 });
    expect(problemsOf(made)).toEqual([
      'skipped src/no SOURCE_UNREADABLE',
      'skipped src/locked SOURCE_UNREADABLE',
      'skipped src/unsearchable/x SOURCE_UNREADABLE',
    ]);
    for (const { path, message } of made.problems) expect(message.startsWith(`${path}: opening`)).toBe(true);
    expect(await kept()).toEqual(['src', 'src/ok', 'src/locked', 'src/unsearchable']);
    expect((await json(verify())).code).toBe(0);
    const recovered = await json(recovery('/'), { user: NOBODY });
    // Another user's files become his own, and that is said of each.
    expect(recovered).toMatchObject({ code: 3, problemCount: 4, files: 1 });
    expect(sh(`cat out${home()}/src/ok; stat -c '%u %a' out${home()}/src/locked`)).toBe(`a\n${String(NOBODY)} 0\n`);
  });

  it('files that vanish or become something else between being listed and being read', async () => {
    sh('mkdir src; for n in 2-gone 3-folder 4-link 5-stays; do echo $n > src/$n; done; mkdir src/6-dir; echo > src/6-dir/x');
    const made = await backUpWhile(() => {
      sh('cd src; rm -r 2-gone 3-folder 4-link 6-dir; mkdir 3-folder; echo > 3-folder/new; ln -s 5-stays 4-link');
    });
    expect(made).toMatchObject({ code: 3, problemCount: 4 });
    expect(problemsOf(made)).toEqual(['2-gone', '3-folder', '4-link', '6-dir'].map((name) => `skipped src/${name} SOURCE_VANISHED`));
    expect(await kept()).toEqual(['src', 'src/1-first', 'src/5-stays']);
    expect(await run(verify())).toMatchObject({ code: 0 });
    expect(await run(recovery(`${home()}/src/5-stays`))).toMatchObject({ code: 0 });
  });

  it('a file that shrinks while it is read', async () => {
    const made = await backUpWhile(() => {
      truncateSync(join(home(), 'src/1-first'), 1000);
    });
    expect(made).toMatchObject({ code: 3, problemCount: 1 });
    expect(problemsOf(made)).toEqual(['incomplete src/1-first SOURCE_CHANGED']);
    expect(await run(verify())).toMatchObject({ code: 0 });
    const recovered = await json(recovery('/'));
    expect(recovered).toMatchObject({ code: 3, problemCount: 1 });
    expect(sh(`stat -c %s out${home()}/src/1-first`)).toBe('200000000\n');
  });

  it('a file that grows while it is read', async () => {
    const made = await backUpWhile(() => {
      appendFileSync(join(home(), 'src/1-first'), 'more');
    });
    expect(made).toMatchObject({ code: 3, problemCount: 1 });
    expect(problemsOf(made)).toEqual(['incomplete src/1-first SOURCE_CHANGED']);
    expect((await json(listItems)).items.at(-1)).toMatchObject({ size: 200_000_000 });
    expect(await run(verify())).toMatchObject({ code: 0 });
  });
});

describe('what is included', () => {
  it('never the backup target itself', async () => {
    sh('mkdir src; echo a > src/a');
    for (const version of [1, 2]) {
      const made = await json(backup('src', 'src/x.bkf'));
      expect(made).toMatchObject({ code: 0, files: 1, problemCount: 0 });
      expect(problemsOf(made), String(version)).toEqual(['note src/x.bkf SOURCE_UNSUPPORTED']);
    }
    sh('mv src/x.bkf .');
    expect(await kept()).toEqual(['src', 'src/a']);
  });

  it.each([
    ['twice, nested', ['src/a', 'src/a', 'src'], ['src', 'src/link', 'src/a', 'src/a/b', 'src/a/b/g', 'src/a/f']],
    ['one file', ['src/a/f'], ['src/a/f']],
    ['a link', ['src/link'], ['src/link']],
    ['a link and a slash is the link still', ['src/link/'], ['src/link']],
    ['the long way round', ['src/a/../a//b/.'], ['src/a/b', 'src/a/b/g']],
    ['through a link', ['src/link/b'], ['src/a/b', 'src/a/b/g']],
    ['two of one folder', ['src/a/f', 'src/a/b/g'], ['src/a/b/g', 'src/a/f']],
  ])('%s', async (_, include, files) => {
    sh('mkdir -p src/a/b; echo 1 > src/a/f; echo 2 > src/a/b/g; ln -s a src/link');
    const { items } = await json([...backup(include), '--what-if']);
    expect(items.map(({ path }) => shortened(path)).sort()).toEqual([...files].sort());
  });

  it.each([
    ['b', 'a a/f link'],
    ['b/', 'a a/f link'],
    ['f/', 'a a/b a/b/g a/f link'],
    ['a/b', 'a a/f link'],
    ['**/g', 'a a/b a/f link'],
    ['src/*', ''],
    ['HOME/src/a', 'link'],
    ['[fg]', 'a a/b link'],
    ['[', 'a a/b a/b/g a/f link'],
    ['!f', 'a a/b a/b/g a/f link'],
  ])('all but %s', async (pattern, files) => {
    sh('mkdir -p src/a/b; echo 1 > src/a/f; echo 2 > src/a/b/g; ln -s a src/link');
    const { items } = await json([...backup('src'), '--what-if', '--exclude', pattern.replace('HOME', home())]);
    expect(
      items
        .map(({ path }) => shortened(path).slice('src/'.length))
        .filter(Boolean)
        .sort()
        .join(' '),
    ).toBe(files);
  });

  it('empty words are refused, and name no folder', async () => {
    sh('mkdir src');
    for (const argv of [
      backup(''),
      backup('src', ''),
      [...backup('src'), '--exclude', ''],
      [...backup('src'), '--exclude', '/'],
      recovery('/', ''),
      verify('--compare', ''),
    ]) {
      expect(await json(argv), argv.join(' ')).toMatchObject({ code: 2, error: { code: 'USAGE' } });
    }
    expect(sh('ls')).toBe('src\n');
  });

  it('another volume only where it is named; several volumes come back beside each other', async (context) => {
    sh('mkdir src; echo a > src/a');
    const disk = mountSmall(context, '1m', 'src/disk');
    writeFileSync(join(disk, 'on'), 'on\n');
    const outside = await json(backup('src'));
    expect(outside).toMatchObject({ code: 0, files: 1 });
    expect(problemsOf(outside)).toEqual(['note src/disk SOURCE_OTHER_VOLUME']);
    expect(await json(backup(['src', 'src/disk']))).toMatchObject({ code: 0, files: 2 });
    expect(await run(recovery('/'))).toMatchObject({ code: 0 });
    expect(sh('cd out; find . -type f | xargs cat')).toMatch(/^(a\non|on\na)\n$/);
    expect(await run(verify('--compare', 'out'))).toMatchObject({ code: 0 });
    expect(await run(recovery(`${home()}/src/disk/on`, 'one'))).toMatchObject({ code: 0 });
    expect(sh('find one -type f | wc -l')).toBe('1\n');
  });

  it('one name of a file that has several; what is not there is an error', async () => {
    sh('mkdir -p src/a src/b; echo 1 > src/a/x; ln src/a/x src/b/y; ln src/a/x src/b/z');
    await run(backup('src'));
    expect(await run(recovery(`${home()}/src/b`))).toMatchObject({ code: 0 });
    expect(sh(`cd out${home()}/src; cat b/y; stat -c '%h' b/z; find . -type f | wc -l`)).toBe('1\n2\n2\n');
    const partly = await json(recovery([`${home()}/src/a/x`, '/nowhere'], 'part'));
    expect(partly).toMatchObject({ code: 3, files: 1, problems: [{ code: 'ITEM_NOT_FOUND', path: '/nowhere' }] });
    expect(await json(recovery('/nowhere', 'none'))).toMatchObject({ code: 1, error: { code: 'ITEM_NOT_FOUND' } });
  });
});
