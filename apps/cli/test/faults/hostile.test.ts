import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backup, home, json, listItems, recovery, run, sh, useHome } from './program.js';

useHome();
const MODES = ['overwrite', 'skip', 'create-copy'] as const;

/** Puts a name of the same length in the place of another, in all that a backup holds; a pair of equal letters has the checksum of any other, so the backup stays valid. */
function rename(target: string, from: string, to: string): number {
  const bytes = readFileSync(join(home(), target));
  const [old, name] = [Buffer.from(from, 'utf16le'), Buffer.from(to, 'utf16le')];
  expect(name).toHaveLength(old.length);
  let count = 0;
  for (let at = bytes.indexOf(old); at >= 0; at = bytes.indexOf(old, at + 1), count++) name.copy(bytes, at);
  writeFileSync(join(home(), target), bytes);
  return count;
}

/** All that is outside of the recovery target, as the system sees it. */
const outside = (): string =>
  sh('find . -path ./out -prune -o -type f -printf "%P %s %T@ %m %n\\n" -o -printf "%P %y %m\\n" | sort; cat outside/*');

describe('recovery writes below its target only', () => {
  it('whatever names a set holds', async () => {
    sh('mkdir -p src/QQ/RR outside; echo evil > src/QQ/f; echo evil > src/QQ/RR/g; echo evil > src/VVVVVV; echo good > outside/f');
    await run(backup('src'));
    expect(rename('x.bkf', 'QQ', '..')).toBeGreaterThan(0);
    expect(rename('x.bkf', 'RR', '..')).toBeGreaterThan(0);
    expect(rename('x.bkf', 'VVVVVV', '../../')).toBeGreaterThan(0);
    const before = outside();
    for (const mode of MODES) {
      const { code } = await json([...recovery('/'), '--overwrite', mode]);
      expect([3, 5]).toContain(code);
      expect(outside()).toBe(before);
    }
    // Names that are none cost files their folder, not their content.
    expect(sh('find out -type f | grep -v "^out/lost folder" || true')).toBe('');
    expect([0, 5]).toContain((await run(listItems)).code);
  });

  it('past links that were planted in the target, of folders and of files', async () => {
    sh(
      'mkdir -p src/d outside; echo new > src/d/f; echo new > src/g; echo new > src/h; echo old > outside/f; echo old > outside/g; echo old > outside/h',
    );
    await run(backup('src'));
    for (const mode of MODES) {
      sh(
        `rm -rf out; mkdir -p out${home()}/src; cd out${home()}/src; ln -s ${home()}/outside d; ln -s ${home()}/outside/g g; ln ${home()}/outside/h h`,
      );
      const before = sh('cd outside; cat f g h; stat -c "%n %a %Y" f g; ls');
      const { code } = await json([...recovery('/'), '--overwrite', mode]);
      expect(code, mode).toBe(3);
      expect(sh('cd outside; cat f g h; stat -c "%n %a %Y" f g; ls'), mode).toBe(before);
      if (mode === 'overwrite') expect(sh(`cd out${home()}/src; cat g h; stat -c %F g; stat -c %h h`)).toBe('new\nnew\nregular file\n1\n');
    }
  });

  it('past a link of the set itself that files stand below', async () => {
    sh('mkdir -p src/AA outside; echo evil > src/AA/f; echo good > outside/f');
    sh(`ln -s ${home()}/outside src/BB`);
    await run(backup('src'));
    // Now the files of AA stand below BB, which is a link.
    expect(rename('x.bkf', 'AA', 'BB')).toBeGreaterThan(0);
    for (const mode of MODES) {
      sh('rm -rf out');
      const { code } = await json([...recovery('/'), '--overwrite', mode]);
      expect([3, 5], mode).toContain(code);
      expect(sh('cat outside/f; ls outside')).toBe('good\nf\n');
    }
  });
});

describe('--overwrite', () => {
  it('does what it says, and gives back every fact', async () => {
    sh('mkdir src; echo kept > src/f; touch -d "2001-02-03 04:05:06.7" src/f');
    await run(backup('src'));
    const there = `out${home()}/src`;
    sh(`mkdir -p ${there}; echo newer > ${there}/f; chmod 600 ${there}/f`);
    expect(await json([...recovery('/'), '--overwrite', 'skip'])).toMatchObject({ code: 0, skipped: 1 });
    expect(sh(`cd ${there}; cat f; ls`)).toBe('newer\nf\n');
    expect((await json(recovery('/'))).code).toBe(0);
    expect(sh(`cd ${there}; cat f 'Copy of f'; ls`)).toBe('newer\nkept\nCopy of f\nf\n');
    expect((await json([...recovery('/'), '--overwrite', 'overwrite'])).code).toBe(0);
    expect(sh(`cd ${there}; cat f; stat -c '%a %y' f; stat -c '%a %y' ${home()}/src/f`)).toMatch(/^kept\n(.*)\n\1\n$/);
  });
});
