// An iSCSI tape drive on loopback by Debian's tgt; and `iscsi-tape.mjs ADDRESS MEGABYTES BLOCKSIZE`, which writes, rewinds and reads blocks of it,
// and says for how many seconds it transferred.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const TARGET = 'iqn.2026-01.winback.bench:drive';
const SOURCE = join(import.meta.dirname, 'iscsi-tape.c');

function must(command, options) {
  const { status, stderr, error } = spawnSync(command[0], command.slice(1), { encoding: 'utf8', ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
}

/** A drive and the C program that it is tried with; or why there is none. */
export function startTape(folder, port = 43_261) {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, TGT_IPC_SOCKET: join(folder, 'ipc') };
  const missing = ['tgtd', 'tgtadm', 'tgtimg', 'gcc'].filter((program) => spawnSync(program, ['--version'], { env }).error);
  if (missing.length > 0) return `no ${missing.join(', ')}`;
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'iscsi-tape');
  if (spawnSync('gcc', ['-O2', '-o', program, SOURCE, '-liscsi'], { encoding: 'utf8' }).status !== 0) return 'no libiscsi-dev';
  const daemon = spawn('tgtd', ['-f', '--iscsi', `portal=127.0.0.1:${port}`], { env, stdio: 'ignore' });
  const stop = () => {
    daemon.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  const admin = (...args) => must(['tgtadm', '--lld', 'iscsi', ...args], { env });
  for (let tries = 0; spawnSync('tgtadm', ['--lld', 'iscsi', '--op', 'show', '--mode', 'system'], { env }).status !== 0; tries++) {
    if (tries > 100) throw new Error('tgtd does not answer');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
  const image = join(folder, 'tape.img');
  must(['tgtimg', '--op', 'new', '--device-type', 'tape', '--barcode', 'BENCH1', '--size', '4096', '--type', 'data', '--file', image], {
    env,
  });
  admin('--op', 'new', '--mode', 'target', '--tid', '1', '-T', TARGET);
  admin('--op', 'new', '--mode', 'logicalunit', '--tid', '1', '--lun', '1', '--device-type', 'tape', '--bstype', 'ssc', '-b', image);
  admin('--op', 'bind', '--mode', 'target', '--tid', '1', '-I', 'ALL');
  return {
    stop,
    winback: (megabytes, size) => [
      process.execPath,
      import.meta.filename,
      `iscsi://127.0.0.1:${port}/${TARGET}/1`,
      `${megabytes}`,
      `${size}`,
    ],
    c: (megabytes, size) => [program, `127.0.0.1:${port}`, TARGET, '1', `${megabytes}`, `${size}`],
  };
}

if (process.argv[1] === import.meta.filename) {
  const { IscsiTapeDriver, TapemarkType, TapePositionMethod } = await import('../packages/tape/dist/index.js');
  const [address, megabytes, blockSize] = process.argv.slice(2);
  const size = Number(blockSize);
  const blocks = (Number(megabytes) * 1024 * 1024) / size;
  const drive = new IscsiTapeDriver().open(address, { mode: 'write' });
  const data = new Uint8Array(size).fill(0x5a);
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
  const started = process.hrtime.bigint();
  for (let i = 0; i < blocks; i++) if (drive.write(data).bytes !== size) throw new Error('a block was not written');
  drive.writeTapemark(TapemarkType.FILEMARKS, 1);
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
  for (let i = 0; i < blocks; i++) if (drive.read(data).bytes !== size) throw new Error('a block was not read');
  console.log(Number(process.hrtime.bigint() - started) / 1e9);
  drive[Symbol.dispose]();
}
