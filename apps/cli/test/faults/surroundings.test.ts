import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backup, home, json, listItems, programFile, recovery, run, sh, useHome, verify } from './program.js';

useHome();
const GET_VERSIONS = ['get', 'versions', '--backup-target', 'x.bkf'];

describe('wherever it runs', () => {
  it('dates do not depend on the time zone, nor names on the language', async () => {
    sh("mkdir src; echo a > $'src/\\xc3\\xa4'; touch -d '2024-03-31T01:30:00.5Z' src/*");
    const bare = { PATH: process.env['PATH'] };
    await run(backup('src'), { env: { ...bare, TZ: 'Pacific/Kiritimati', LANG: 'C', LC_ALL: 'C' } });
    const seen = [];
    for (const TZ of ['America/St_Johns', 'UTC', 'no/such place']) {
      const env = { ...bare, TZ, LC_ALL: 'C' };
      const { items } = await json(listItems, { env });
      const [version] = (await json(GET_VERSIONS, { env })).versions;
      expect(items.at(-1)).toMatchObject({ path: `${home()}/src/ä`, modified: expect.stringMatching(/^2024-03-31T01:30:00\.5/) as string });
      seen.push([version?.id, version?.time]);
    }
    expect(new Set(seen.map((v) => JSON.stringify(v))).size).toBe(1);
    expect((await run(recovery('/'), { env: { ...bare, TZ: 'Asia/Kathmandu' } })).code).toBe(0);
    expect((await run(verify('--compare', 'out'), { env: { ...bare, TZ: 'Europe/Vienna' } })).code).toBe(0);
  });

  it('closed streams harm nothing', () => {
    sh(`winback() { ${process.execPath} ${programFile} "$@"; }; mkdir src; seq 3000 | sed 's,^,src/,' | xargs touch
      winback start backup --include src --backup-target x.bkf <&- >&- 2>&-
      winback start backup --include src --backup-target x.bkf 2>&1 | head -c 1 > /dev/null
      winback get items --version latest --backup-target x.bkf | head -n 1 > /dev/null; echo \${PIPESTATUS[0]} > code`);
    expect(readFileSync(join(home(), 'code'), 'utf8')).toBe('0\n');
  });

  it('--json is one document of every command, also when it fails', async () => {
    sh('mkdir src; echo a > src/a');
    const commands = [
      backup('src'),
      GET_VERSIONS,
      listItems,
      recovery('/'),
      verify(),
      verify('--compare', 'out'),
      ['tape', 'inspect', 'x.bkf'],
    ];
    for (const argv of [...commands, ['plugin', 'list'], ['driver', 'check', 'scratch.bkf']]) {
      const before = await json(argv);
      expect(before.code, argv.join(' ')).toBe(0);
    }
    sh('echo damage > x.bkf');
    for (const argv of [...commands, ['delete', 'backup', '--delete-oldest', '--backup-target', 'x.bkf']]) {
      expect((await json(argv)).code, argv.join(' ')).toBeGreaterThan(0);
    }
  });
});

describe('memory', () => {
  it('does not grow with the number of files', async () => {
    const tell =
      "import{isMainThread}from'node:worker_threads';if(isMainThread)process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))";
    const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}` };
    const peak = async (files: number): Promise<number> => {
      sh(`rm -rf src x.bkf; mkdir src; for d in {1..${String(files / 1000)}}; do mkdir src/$d; (cd src/$d; seq 1000 | xargs touch); done`);
      const { code, stderr } = await run([...backup('src'), '--quiet'], { env });
      expect(code).toBe(0);
      return Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024;
    };
    const [few, many] = [await peak(10_000), await peak(100_000)];
    expect(many).toBeLessThan(200);
    expect(many - few).toBeLessThan(60);
  }, 300_000);
});
