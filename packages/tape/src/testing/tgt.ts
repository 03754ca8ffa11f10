import { systemPlatform } from '@winback/core';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why there can be no target here, as the end of a test's name; empty when there can. */
export const noTgt = ((): string => {
  if (systemPlatform().os !== 'linux' || process.getuid?.() !== 0) return ' (skipped: tgtd needs root on Linux)';
  const missing = ['tgtd', 'tgtadm', 'tgtimg'].filter((program) => spawnSync(program, ['--version']).error !== undefined);
  if (missing.length > 0) return ` (skipped: ${missing.join(', ')} not installed: Debian's tgt)`;
  return '';
})();

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** A user of CHAP. */
export interface TgtUser {
  readonly name: string;
  readonly secret: string;
}

/** Debian's tgtd on loopback, with a control socket of its own: iSCSI drives and changers that we did not write. */
export class Tgt {
  static readonly TARGET = 'iqn.2026-01.winback.test:drive';
  static readonly LIBRARY = 'iqn.2026-01.winback.test:library';
  readonly folder = mkdtempSync(join(tmpdir(), 'winback-tgt-'));
  #process: ChildProcess | undefined;
  #port = 0;

  static async start(): Promise<Tgt> {
    const tgt = new Tgt();
    tgt.#port = await freePort();
    await tgt.run();
    return tgt;
  }

  /** Runs the daemon on its port, with no targets. */
  async run(): Promise<void> {
    const daemon = spawn('tgtd', ['-f', '--iscsi', `portal=127.0.0.1:${String(this.#port)}`], {
      env: this.#env,
      stdio: 'ignore',
      detached: false,
    });
    this.#process = daemon;
    process.once('exit', () => daemon.kill('SIGKILL'));
    for (let tries = 0; tries < 200; tries++) {
      if (daemon.exitCode !== null) throw new Error(`tgtd ended with ${String(daemon.exitCode)}`);
      if (existsSync(this.#socket) && this.tryAdmin('--op', 'show', '--mode', 'system')) return;
      await sleep(50);
    }
    throw new Error('tgtd does not answer');
  }

  /** Ends it as a power failure would. */
  async kill(): Promise<void> {
    const daemon = this.#process;
    this.#process = undefined;
    if (daemon?.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGKILL');
    await ended;
  }

  /** The same, and its folder goes. */
  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One tape drive with a cartridge of `megabytes`. Answers its address. */
  addDrive(megabytes: number, user?: TgtUser): string {
    const image = join(this.folder, 'tape.img');
    if (!existsSync(image)) this.#image(image, 'WB0001', megabytes);
    this.admin('--op', 'new', '--mode', 'target', '--tid', '1', '-T', Tgt.TARGET);
    this.admin('--op', 'new', '--mode', 'logicalunit', '--tid', '1', '--lun', '1', '--device-type', 'tape', '--bstype', 'ssc', '-b', image);
    if (user !== undefined) {
      this.admin('--op', 'new', '--mode', 'account', '--user', user.name, '--password', user.secret);
      this.admin('--op', 'bind', '--mode', 'account', '--tid', '1', '--user', user.name);
    }
    this.admin('--op', 'bind', '--mode', 'target', '--tid', '1', '-I', 'ALL');
    return this.address(Tgt.TARGET, 1);
  }

  /** A changer (unit 2) with one drive (unit 1, element 1) and four cartridges (elements 1024 and up). */
  addLibrary(): { drive: string; changer: string } {
    const home = join(this.folder, 'library');
    mkdirSync(home);
    writeFileSync(join(home, 'smc'), new Uint8Array(1024));
    const codes = [1, 2, 3, 4].map((i) => `0000000${String(i)}`);
    for (const code of codes) this.#image(join(home, code), code, 64);
    const set = (lun: number, parameters: string): void =>
      this.admin('--op', 'update', '--mode', 'logicalunit', '--tid', '2', '--lun', String(lun), '--params', parameters);
    const add = (lun: number, file: string, ...type: string[]): void =>
      this.admin(
        '--op',
        'new',
        '--mode',
        'logicalunit',
        '--tid',
        '2',
        '--lun',
        String(lun),
        '-b',
        join(home, file),
        '--device-type',
        ...type,
      );
    this.admin('--op', 'new', '--mode', 'target', '--tid', '2', '-T', Tgt.LIBRARY);
    add(1, codes[0]!, 'tape', '--bstype', 'ssc');
    set(1, 'online=0');
    add(2, 'smc', 'changer');
    set(2, `media_home=${home}`);
    set(2, 'element_type=4,start_address=1,quantity=1');
    set(2, 'element_type=4,address=1,tid=2,lun=1');
    set(2, 'element_type=1,start_address=16,quantity=1');
    set(2, 'element_type=2,start_address=1024,quantity=4');
    codes.forEach((code, i) => set(2, `element_type=2,address=${String(1024 + i)},barcode=${code},sides=1`));
    this.admin('--op', 'bind', '--mode', 'target', '--tid', '2', '-I', 'ALL');
    return { drive: this.address(Tgt.LIBRARY, 1), changer: this.address(Tgt.LIBRARY, 2) };
  }

  address(target: string, lun: number): string {
    return `iscsi://127.0.0.1:${String(this.#port)}/${target}/${String(lun)}`;
  }

  admin(...args: readonly string[]): void {
    execFileSync('tgtadm', ['--lld', 'iscsi', ...args], { env: this.#env, stdio: 'pipe' });
  }

  tryAdmin(...args: readonly string[]): boolean {
    return spawnSync('tgtadm', ['--lld', 'iscsi', ...args], { env: this.#env }).status === 0;
  }

  #image(path: string, barcode: string, megabytes: number): void {
    const size = ['--barcode', barcode, '--size', String(megabytes), '--type', 'data'];
    execFileSync('tgtimg', ['--op', 'new', '--device-type', 'tape', ...size, '--file', path], { stdio: 'pipe' });
  }

  /** The daemon adds the number of its control port to the name. */
  get #socket(): string {
    return join(this.folder, 'ipc.0');
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, TGT_IPC_SOCKET: join(this.folder, 'ipc') };
  }
}
