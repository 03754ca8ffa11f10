import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemPlatform } from '@winback/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const program = path('../bin/winback.js');
const why = ((): string => {
  if (systemPlatform().os !== 'linux') return ' (skipped: pseudo terminals of Linux)';
  if (spawnSync('python3', ['--version']).status !== 0) return ' (skipped: python3 is not installed)';
  return existsSync(path('../dist/main.js')) ? '' : ' (skipped: needs a build: npm run build)';
})();

/**
 * A drive that somebody has to put cartridges into: the one in it is a file that `in-drive` names. It is Winback's own drive of files but
 * for that.
 */
const PLUGIN = `
import { definePlugin, RANDOM } from '@winback/core';
import { ImageTapeDriver, TAPE_DRIVER, TapeStatus } from '@winback/tape';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

class ManualDriver {
  name = 'manual';
  description = 'cartridges that a person changes';
  constructor(random) { this.images = new ImageTapeDriver(random); }
  claims(address) { return address.startsWith('manual:'); }
  probe() { return { available: true }; }
  open(address, options) {
    const folder = address.slice('manual:'.length);
    const inDrive = () => readFileSync(join(folder, 'in-drive'), 'utf8');
    let name = inDrive();
    let drive = this.images.open('image:' + join(folder, name), options);
    const status = () => {
      const now = inDrive();
      if (now === name) return drive.getTapeStatus();
      drive[Symbol.dispose]();
      name = now;
      drive = this.images.open('image:' + join(folder, name), options);
      return TapeStatus.ERROR_MEDIA_CHANGED;
    };
    return new Proxy({}, {
      get: (_, key) => {
        if (key === 'localFiles') return undefined;
        if (key === 'name') return 'the drive';
        if (key === 'getTapeStatus') return status;
        const value = drive[key];
        return typeof value === 'function' ? value.bind(drive) : value;
      },
    });
  }
}
export default definePlugin({
  name: 'manual-drive',
  api: 1,
  register(container) { container.register(TAPE_DRIVER, { useFactory: (c) => new ManualDriver(c.resolve(RANDOM)) }); },
});
`;

/** When the text appears: the cartridge that is put in, and what is typed. */
interface Step {
  readonly at: string;
  readonly put?: string;
  readonly type: string;
}
interface Ended {
  readonly code: number | null;
  readonly signal: number | null;
  readonly output: string;
  readonly left: number;
}

describe.skipIf(why)(`asking for a cartridge at a terminal${why}`, { timeout: 120_000 }, () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'winback-terminal-'));
    mkdirSync(join(home, 'files'));
    for (let i = 0; i < 12; i++) writeFileSync(join(home, 'files', `file ${String(i)}`), Buffer.alloc(300_000, `content ${String(i)} `));
    const plugin = join(home, 'node_modules/manual-drive');
    mkdirSync(join(home, 'node_modules/@winback'), { recursive: true });
    mkdirSync(plugin);
    for (const name of ['core', 'tape']) symlinkSync(path(`../../../packages/${name}`), join(home, 'node_modules/@winback', name));
    writeFileSync(join(plugin, 'package.json'), '{ "name": "manual-drive", "type": "module", "exports": "./plugin.js" }');
    writeFileSync(join(plugin, 'plugin.js'), PLUGIN);
    writeFileSync(join(home, 'winback.config.json'), '{ "plugins": ["manual-drive"] }');
    mkdirSync(join(home, 'shelf'));
    for (const name of ['c', 'b', 'a']) renew(name);
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  /** Puts a blank cartridge in. */
  function renew(name: string): void {
    rmSync(join(home, 'shelf', name), { force: true });
    const address = `image:shelf/${name}?capacity=1500KiB&warning-zone=256KiB`;
    const made = spawnSync(process.execPath, [program, 'tape', 'prepare', address, 'format', '--yes'], { cwd: home, encoding: 'utf8' });
    expect(made.status, made.stderr).toBe(0);
    writeFileSync(join(home, 'shelf/in-drive'), name);
  }
  function typing(steps: readonly Step[], ...argv: string[]): Ended {
    const wanted = steps.map(({ at, put, type }) => [at, put === undefined ? null : join(home, 'shelf/in-drive'), put ?? '', type]);
    const { stdout, stderr } = spawnSync(
      'python3',
      [path('terminal.py'), '60', JSON.stringify(wanted), process.execPath, program, ...argv],
      {
        cwd: home,
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Ended;
  }
  const target = (): string => `tape:manual:${join(home, 'shelf')}`;
  const BACKUP = ['start', 'backup', '--include', 'files', '--no-snapshot', '--backup-target'];
  const asked = (number: number): string => `put in a blank cartridge, to be number ${String(number)} of family`;

  it('goes on with the cartridge that was put in, of a backup and of a recovery', () => {
    const steps = [
      { at: asked(2), put: 'b', type: '\r' },
      { at: asked(3), put: 'c', type: 'yes\r' },
    ];
    expect(typing(steps, ...BACKUP, target())).toMatchObject({
      code: 0,
      signal: null,
      left: 0,
      output: expect.stringContaining('is complete') as string,
    });
    const recovered = typing(
      [
        // The catalog on the newest one tells where the set begins.
        { at: 'put in cartridge 1 of family', put: 'a', type: '\r' },
        { at: 'put in cartridge 2 of family', put: 'b', type: '\r' },
        { at: 'put in cartridge 3 of family', put: 'c', type: '\r' },
      ],
      ...['start', 'recovery', '--version', 'latest', '--items', '/', '--recovery-target', 'out', '--backup-target', target()],
    );
    expect(recovered).toMatchObject({ code: 0, signal: null, left: 0 });
    const out = readdirSync(join(home, 'out'), { recursive: true, encoding: 'utf8' });
    for (const name of readdirSync(join(home, 'files'))) {
      const found = out.find((one) => one.endsWith(name)) ?? '';
      expect(readFileSync(join(home, 'out', found)).equals(readFileSync(join(home, 'files', name))), name).toBe(true);
    }
  });

  it('what was typed before the question is no answer', () => {
    // The notice about snapshots comes first.
    const steps = [
      { at: 'files', type: '\r\r' },
      { at: asked(2), put: 'b', type: '\r' },
      { at: asked(3), put: 'c', type: '\r' },
    ];
    expect(typing(steps, ...BACKUP, target())).toMatchObject({ code: 0, left: 0 });
  });

  it('a cartridge that is not blank is refused, and not written to', () => {
    expect(
      typing(
        [
          { at: asked(2), put: 'b', type: '\r' },
          { at: asked(3), put: 'c', type: '\r' },
        ],
        ...BACKUP,
        target(),
      ).code,
    ).toBe(0);
    const before = readFileSync(join(home, 'shelf/c'));
    renew('a');
    const refused = typing([{ at: asked(2), put: 'c', type: '\r' }], ...BACKUP, target());
    expect(refused).toMatchObject({
      code: 1,
      signal: null,
      left: 0,
      output: expect.stringContaining('a blank cartridge is needed') as string,
    });
    expect(readFileSync(join(home, 'shelf/c')).equals(before)).toBe(true);
  });

  it('the end of input ends the job', () => {
    const ended = typing([{ at: asked(2), type: '\x04' }], ...BACKUP, target());
    expect(ended).toMatchObject({ signal: null, left: 0, output: expect.stringContaining('nobody answers at the terminal') as string });
    expect(ended.code).toBe(1);
    // The full cartridge is still in the drive: what was written is taken back from it.
    const listed = spawnSync(process.execPath, [program, 'get', 'versions', '--backup-target', target()], { cwd: home, encoding: 'utf8' });
    expect([listed.status, listed.stdout]).toEqual([0, expect.stringContaining('holds no versions')]);
  });

  it('the end of input means that there is no such cartridge: a recovery gives what the others have, and asks once', () => {
    const steps = [
      { at: asked(2), put: 'b', type: '\r' },
      { at: asked(3), put: 'c', type: '\r' },
    ];
    expect(typing(steps, ...BACKUP, target()).code).toBe(0);
    writeFileSync(join(home, 'shelf/in-drive'), 'a');
    const argv = ['start', 'recovery', '--version', 'latest', '--items', '/', '--recovery-target', 'out', '--backup-target', target()];
    const ended = typing([{ at: 'put in cartridge 2 of family', type: '\x04' }], ...argv);
    expect(ended).toMatchObject({ code: 5, signal: null, left: 0 });
    expect(ended.output.match(/put in cartridge/g)).toHaveLength(1);
    expect(ended.output).toMatch(/the set goes on on cartridge 2 of family [0-9a-f]{8}, which is missing/);
    const out = readdirSync(join(home, 'out'), { recursive: true, encoding: 'utf8' }).filter((name) => /file \d+$/.test(name));
    expect(out.length).toBeGreaterThan(1);
    for (const name of out) {
      const original = readFileSync(join(home, 'files', name.slice(name.indexOf('file '))));
      expect(readFileSync(join(home, 'out', name)).equals(original), name).toBe(true);
    }
  });

  it('Ctrl-C stops the job with 130, once and twice', () => {
    for (const type of ['\x03', '\x03\x03']) {
      const ended = typing([{ at: asked(2), type }], ...BACKUP, target());
      expect(ended).toMatchObject({ code: 130, signal: null, left: 0 });
      renew('a');
    }
  });

  it('Ctrl-C stops a job whose command waits', () => {
    const ended = typing([{ at: 'waiting', type: '\x03' }], ...BACKUP, target(), '--next-media-command', 'echo waiting >&2; sleep 60');
    expect(ended).toMatchObject({ code: 130, signal: null, left: 0 });
  });

  it('without a terminal nobody is asked', () => {
    const { status, stderr } = spawnSync(process.execPath, [program, ...BACKUP, target()], {
      cwd: home,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(status).toBe(1);
    expect(stderr).toContain('cartridge 2 is needed');
    expect(stderr).toContain('--changer');
  });
});
