// Jobs on Windows with encrypted files, in Windows' Node.js under Wine: one line of JSON for each case. Libraries of ours stand in the place
// of advapi32's raw encryption calls, which pass the bytes of plain files, and of BackupRead and BackupWrite.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createContainer,
  definePlugin,
  FILE_HANDLER,
  FileAttribute,
  neverCancelled,
  PLATFORM,
  PLUGIN_API,
  RANDOM,
  RAW_ENCRYPTION,
  systemPlatform,
  VOLUME_DRIVER,
} from '@winback/core';
import core from '@winback/core/plugin';
import { bindRawEncryption, EfsFileHandler, openStored, WindowsRawEncryption } from '@winback/efs-raw';
import { bindWin32, Win32VolumeDriver, type Win32 } from '@winback/ntfs';
import tape from '@winback/tape/plugin';
import { runBackup, runRecovery, runVerify, withOneFile, type JobProblem } from '@winback/wsb';

const RESULT = '\u0001result ';
/** What no file can be given under Wine. */
const WINE_LACKS = /: its (object id|short name \S+) could not be set: /;
const HARD_LINKS_STREAMS_ENCRYPTION = 0x400000 | 0x40000 | 0x20000;
const { WINBACK_DLL_MOCK_BACKUP: backupDll, WINBACK_DLL_MOCK_EFS: efsDll } = process.env;
const FAIL = 'WINBACK_MOCK_EFS_FAIL';
/** Made by the test on this side: raw forms, plain texts, a key. */
const home = process.argv[2]!;
const work = mkdtempSync(join(tmpdir(), 'winback-jobs-'));
const source = join(work, 'source');
const names = readdirSync(join(home, 'raw'));
const raw = (name: string): Buffer => readFileSync(join(home, 'raw', name));

/** Windows' calls; what ends in `.enc`, and the folder `private`, is encrypted. */
function bind(): Win32 {
  const api = bindWin32({ backupDll });
  const { GetFileInformationByHandle, GetFinalPathNameByHandleW, GetVolumeInformationW } = api;
  return {
    ...api,
    GetFileInformationByHandle(handle, into) {
      const answer = GetFileInformationByHandle(handle, into);
      const path = new Uint8Array(4000);
      const length = GetFinalPathNameByHandleW(handle, path, 2000, 0);
      const view = new DataView(into.buffer, into.byteOffset);
      if (/\.enc$|\\private$/.test(Buffer.from(path.buffer, 0, length * 2).toString('utf16le')))
        view.setUint32(0, view.getUint32(0, true) | FileAttribute.ENCRYPTED, true);
      return answer;
    },
    GetVolumeInformationW(root, label, labelLength, serial, longest, flags, ...rest) {
      const answer = GetVolumeInformationW(root, label, labelLength, serial, longest, flags, ...rest);
      const view = new DataView(flags.buffer, flags.byteOffset);
      view.setUint32(0, view.getUint32(0, true) | HARD_LINKS_STREAMS_ENCRYPTION, true);
      return answer;
    },
  };
}

const stand = definePlugin({
  name: 'stand-in',
  api: PLUGIN_API,
  register(container) {
    const encryption = new WindowsRawEncryption(systemPlatform(), () => bindRawEncryption(efsDll));
    container.register(RAW_ENCRYPTION, { useValue: encryption });
    container.register(FILE_HANDLER, { useValue: new EfsFileHandler(() => Date.now()) });
    container.register(VOLUME_DRIVER, {
      useFactory: (c) => new Win32VolumeDriver(c.resolve(PLATFORM), c.resolve(RANDOM), bind, encryption),
    });
  },
});

function job() {
  const problems: JobProblem[] = [];
  const context = {
    container: createContainer([core, tape, stand]),
    cancellation: neverCancelled,
    onEvent: (event: JobProblem | { readonly type: string }) => {
      if (event.type === 'problem') problems.push(event as JobProblem);
    },
  };
  const told = () => problems.filter(({ effect, message }) => effect !== 'note' && !WINE_LACKS.test(message));
  return { context, told };
}

async function backUp(target: string) {
  const { context, told } = job();
  const result = await runBackup(context, { include: [source], exclude: ['*.folder'], target, snapshot: 'none' });
  return { outcome: result.outcome, files: result.files, problems: told() };
}

async function recover(target: string, to: string, keyed = false) {
  const { context, told } = job();
  const keyFiles = keyed ? [{ name: 'ann', bytes: readFileSync(join(home, 'Ann.pfx')), password: 'secret' }] : undefined;
  const spec = {
    target,
    version: 'latest',
    items: [source.replace(/^[A-Za-z]:/, '')],
    recoveryTarget: to,
    overwrite: 'overwrite' as const,
    keyFiles,
  };
  await runRecovery(context, spec);
  return { problems: told() };
}

const first = join(work, 'first.bkf');
const recovered = (to: string, name: string): string => join(to, source.slice(3), name);
const spools = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('winback-efs-'));

const cases: Readonly<Record<string, () => Promise<void>>> = {
  async 'a backup keeps encrypted files byte for byte as Windows gives them'() {
    mkdirSync(join(source, 'private'), { recursive: true });
    for (const name of names) copyFileSync(join(home, 'raw', name), join(source, name));
    copyFileSync(join(home, 'folder'), join(source, 'private.folder'));
    writeFileSync(join(source, 'private', 'open.txt'), 'not encrypted');
    for (const name of names) utimesSync(join(source, name), 1_600_000_000, 1_600_000_000);
    assert.deepEqual(await backUp(first), { outcome: 'done', files: names.length + 1, problems: [] });
    const bytes = readFileSync(first);
    for (const name of names) assert.ok(bytes.includes(raw(name).subarray(0, 60_000)), name);
    copyFileSync(first, join(home, 'windows.bkf'));
    const { context } = job();
    const item = `${source.slice(2)}\\${names[0]!.toUpperCase()}`;
    const form = await withOneFile(context, { target: first, version: 'latest', item }, async ({ file, path }) => {
      using stored = await openStored(path, file);
      return stored.form;
    });
    assert.equal(form, 'backup');
  },

  async 'a recovery gives them back encrypted, with their facts, and compares them'() {
    const to = join(work, 'out');
    assert.deepEqual(await recover(first, to), { problems: [] });
    for (const name of names) {
      assert.ok(readFileSync(recovered(to, name)).equals(raw(name)), name);
    }
    assert.ok(readFileSync(recovered(to, 'private.folder')).equals(readFileSync(join(home, 'folder'))));
    assert.equal(readFileSync(recovered(to, join('private', 'open.txt')), 'utf8'), 'not encrypted');
    const compare = async (): Promise<string[]> => {
      const { context, told } = job();
      await runVerify(context, { target: first, compare: to });
      return told().flatMap(({ path, message }) => (path.endsWith('.enc') ? [message.slice(path.length)] : []));
    };
    // What Wine lacks is all that differs.
    for (const message of await compare()) assert.match(message, /^: object id differs; short name is missing, was \S+$/);
    const other = raw(names.at(-1)!);
    other[300]! ^= 1;
    writeFileSync(recovered(to, names.at(-1)!), other);
    assert.equal((await compare()).filter((message) => message.includes('content differs from byte 300 on')).length, 1);
  },

  async 'with a key they come back decrypted'() {
    const to = join(work, 'plain');
    assert.deepEqual(await recover(first, to, true), { problems: [] });
    for (const name of names) assert.ok(readFileSync(recovered(to, name)).equals(readFileSync(join(home, 'plain', name))), name);
  },

  async 'a file that cannot be read is listed, and the others are kept'() {
    const name = names.at(-1)!;
    const failures = [
      ['5 0', 'SOURCE_UNREADABLE', /ERROR_ACCESS_DENIED/],
      ['32 0', 'SOURCE_UNREADABLE', /ERROR_SHARING_VIOLATION/],
      ['2 0', 'SOURCE_VANISHED', /disappeared/],
      ['23 20000', 'SOURCE_UNREADABLE', /ERROR_CRC/],
    ] as const;
    for (const [failure, code, message] of failures) {
      process.env[FAIL] = `${failure} ${name}`;
      const target = join(work, `failing ${failure}.bkf`);
      const { outcome, problems, files } = await backUp(target);
      assert.deepEqual([outcome, problems.map((problem) => [problem.code, problem.effect])], ['with-problems', [[code, 'incomplete']]]);
      assert.match(problems[0]!.message, message);
      assert.ok(problems[0]!.path.endsWith(name), problems[0]!.path);
      assert.equal(files, names.length + 1);
      Reflect.deleteProperty(process.env, FAIL);
      const to = join(work, `after ${failure}`);
      await recover(target, to);
      for (const other of names.slice(0, -1)) assert.ok(readFileSync(recovered(to, other)).equals(raw(other)), other);
    }
    assert.deepEqual(spools(), []);
  },

  async 'a file that Windows does not take is taken away again and listed, and the others are recovered'() {
    const name = names.at(-1)!;
    for (const [failure, message] of [
      ['112 20000', /WriteEncrypted|the disk is full \(ERROR_DISK_FULL/],
      ['6008 5000', /ERROR_NOT_EXPORT_FORMAT/],
      ['5 0', /ERROR_ACCESS_DENIED/],
    ] as const) {
      process.env[FAIL] = `${failure} ${name}`;
      const to = join(work, `full ${failure}`);
      const { problems } = await recover(first, to);
      Reflect.deleteProperty(process.env, FAIL);
      assert.deepEqual(problems.map(({ code, effect }) => [code, effect]), [['RECOVERY_IO', 'skipped']]); // prettier-ignore
      assert.match(problems[0]!.message, message);
      assert.equal(existsSync(recovered(to, name)), false);
      for (const other of names.slice(0, -1)) assert.ok(readFileSync(recovered(to, other)).equals(raw(other)), other);
    }
    assert.deepEqual(spools(), []);
  },
};

for (const [name, run] of Object.entries(cases)) {
  let failure: string | undefined;
  try {
    await run();
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  console.log(`${RESULT}${JSON.stringify({ name, failure })}`);
}
