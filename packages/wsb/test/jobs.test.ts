import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CancellationSwitch,
  createContainer,
  definePlugin,
  FILE_HANDLER,
  FileAttribute,
  MemoryStreams,
  PLUGIN_API,
  SourceError,
  StreamId,
  TargetError,
  type FileHandler,
  type WinbackPlugin,
} from '@winback/core';
import corePlugin from '@winback/core/plugin';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  listItems,
  listVersions,
  runBackup,
  runRecovery,
  runVerify,
  type BackupSpec,
  type JobContext,
  type JobEvent,
} from '../src/index.js';
import { MemoryTarget } from './support/memory-target.js';

const portable = process.platform === 'linux';

describe.skipIf(!portable)(`jobs${portable ? '' : ' (the portable volume needs Linux)'}`, () => {
  let folder: string;
  let source: string;
  let out: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'winback-jobs-'));
    [source, out] = [join(folder, 'source'), join(folder, 'out')];
    mkdirSync(join(source, 'sub/deep'), { recursive: true });
    writeFileSync(join(source, 'a.txt'), 'alpha');
    writeFileSync(join(source, 'sub/big.bin'), Buffer.alloc(200_000, 'x'));
    writeFileSync(join(source, 'sub/skip.tmp'), 'no');
    linkSync(join(source, 'a.txt'), join(source, 'sub/deep/b.txt'));
    symlinkSync('../a.txt', join(source, 'sub/link'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function start(target: MemoryTarget, ...plugins: WinbackPlugin[]) {
    const events: JobEvent[] = [];
    const cancellation = new CancellationSwitch();
    const container = createContainer([corePlugin, target.plugin, ...plugins]);
    const context: JobContext = { container, cancellation, onEvent: (event) => events.push(event) };
    const problems = () => events.filter((e) => e.type === 'problem');
    return { context, events, problems, cancellation };
  }
  const spec = (more: Partial<BackupSpec> = {}): BackupSpec => ({
    include: [source],
    exclude: [],
    target: 'mem:',
    snapshot: 'auto',
    ...more,
  });
  const recovery = { target: 'mem:', version: 'latest', items: ['/'], overwrite: 'create-copy' } as const;
  /** Where an included path lands below the recovery target. */
  const landed = (path: string): string => {
    const found = [path, path.slice(1)].map((p) => join(out, p)).find((p) => existsSync(p));
    // The temporary folder can be a volume of its own; then its path is shorter.
    return found ?? join(out, path.slice(tmpdir().length));
  };

  describe.each([
    ['a target that answers at once', false],
    ['a target that answers with promises', true],
  ])('%s', (_, slow) => {
    it('goes there and back, and compares equal', async () => {
      const target = new MemoryTarget(slow);
      const { context, problems, events } = start(target);
      const result = await runBackup(context, spec({ exclude: ['*.tmp'] }));
      expect(result).toMatchObject({
        outcome: 'done',
        version: 'v1',
        files: 4,
        directories: 3,
        bytes: 200_005,
        excluded: 1,
        problemCount: 0,
      });
      expect(events[0]).toMatchObject({ type: 'notice', message: expect.stringContaining('no snapshot') as string });

      await runRecovery(context, { ...recovery, recoveryTarget: out });
      const root = landed(source);
      expect(readFileSync(join(root, 'sub/big.bin'))).toEqual(readFileSync(join(source, 'sub/big.bin')));
      expect(statSync(join(root, 'a.txt')).ino).toBe(statSync(join(root, 'sub/deep/b.txt')).ino);
      expect(existsSync(join(root, 'sub/skip.tmp'))).toBe(false);
      expect(await runVerify(context, { target: 'mem:', compare: out })).toMatchObject({ outcome: 'done', different: 0 });
      expect(problems()).toEqual([]);

      writeFileSync(join(root, 'sub/extra'), '');
      chmodSync(join(root, 'a.txt'), 0o600);
      const compared = await runVerify(context, { target: 'mem:', compare: out });
      expect(compared.outcome).toBe('with-problems');
      expect(problems().map((p) => p.message.replace(/^.*source\//, ''))).toEqual(
        expect.arrayContaining([expect.stringMatching(/^a\.txt: mode is/), 'sub/extra: is not in the version']),
      );
      expect(target.closed).toBe(4);
    });

    it('gives a hard link its content when only the later name is asked for', async () => {
      const { context } = start(new MemoryTarget(slow));
      await runBackup(context, spec());
      const result = await runRecovery(context, { ...recovery, items: [join(source, 'sub/deep')], recoveryTarget: out });
      expect(result).toMatchObject({ outcome: 'done', files: 1, directories: 1 });
      expect(readFileSync(join(landed(source), 'sub/deep/b.txt'), 'utf8')).toBe('alpha');
    });

    it('a target that fails ends the job, and the set is taken back', async () => {
      const target = new MemoryTarget(slow);
      target.onAdd = (entry) => {
        if (entry.path.endsWith('big.bin')) throw new TargetError('TARGET_FULL', 'full');
      };
      await expect(runBackup(start(target).context, spec())).rejects.toMatchObject({ code: 'TARGET_FULL' });
      expect(target).toMatchObject({ sets: [], aborted: 1, closed: 1 });
    });

    it('stops when the user says so, and the set is taken back', async () => {
      const target = new MemoryTarget(slow);
      const { context, cancellation } = start(target);
      target.onAdd = () => {
        cancellation.cancel();
      };
      await expect(runBackup(context, spec())).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect(target).toMatchObject({ sets: [], aborted: 1, closed: 1 });
    });
  });

  it('a file that changes while it is read is kept, listed, and in the catalog', async () => {
    const target = new MemoryTarget(false);
    const { context, problems } = start(target);
    target.onAdd = (entry) => {
      if (entry.path.endsWith('big.bin')) writeFileSync(join(source, 'sub/big.bin'), 'short');
    };
    const result = await runBackup(context, spec());
    expect(result).toMatchObject({ outcome: 'with-problems', problemCount: 1, files: 5 });
    expect(problems()).toMatchObject([{ code: 'SOURCE_CHANGED', effect: 'incomplete' }]);
    expect(target.sets[0]?.catalog).toMatchObject({ problemCount: 1, problems: [{ code: 'SOURCE_CHANGED' }] });
    const kept = target.sets[0]?.files.find((f) => f.entry.path.endsWith('big.bin'));
    expect(kept?.streams.find((s) => s.header.id === StreamId.DATA)?.data).toHaveLength(200_000);
  });

  it('files of the target itself stay out of a backup of their folder', async () => {
    const target = new MemoryTarget(false);
    target.localFiles = [join(source, 'a.txt')];
    const { context, problems } = start(target);
    const result = await runBackup(context, spec());
    expect(result).toMatchObject({ outcome: 'done', problemCount: 0 });
    expect(problems()).toMatchObject([{ effect: 'note', path: join(source, 'a.txt') }]);
    expect(target.sets[0]?.files.some((f) => f.entry.path.endsWith('/a.txt'))).toBe(false);
  });

  it('included paths that lie in one another are kept once', async () => {
    const target = new MemoryTarget(false);
    await runBackup(start(target).context, spec({ include: [source, join(source, 'sub'), source] }));
    const paths = target.sets[0]?.files.map((f) => f.entry.path) ?? [];
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('an included path that is not there fails before anything is written', async () => {
    const target = new MemoryTarget(false);
    await expect(runBackup(start(target).context, spec({ include: [join(folder, 'none')] }))).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
    });
    expect(target.closed).toBe(0);
  });

  describe('file handlers', () => {
    const handler = (open: FileHandler['open']): WinbackPlugin =>
      definePlugin({
        name: 'handler',
        api: PLUGIN_API,
        register(container) {
          const claims: FileHandler['claims'] = (entry) => entry.path.endsWith('.bin');
          const one: FileHandler = { name: 'bin', attributeMask: FileAttribute.ARCHIVE, claims, open };
          container.register(FILE_HANDLER, { useValue: one });
        },
      });

    it('a claimed file goes out as its handler says', async () => {
      const target = new MemoryTarget(false);
      const raw = handler(() => new MemoryStreams([{ id: StreamId.DATA, attributes: 0, data: Buffer.from('raw') }]));
      await runBackup(start(target, raw).context, spec());
      const contents = target.sets[0]?.files
        .filter((f) => f.entry.path.endsWith('.bin'))
        .map((f) => f.streams.map((s) => Buffer.from(s.data).toString()));
      expect(contents).toEqual([['raw']]);
    });

    it('a file that its handler cannot read is listed, the rest is kept', async () => {
      const target = new MemoryTarget(false);
      const failing = handler((node) => {
        throw new SourceError('SOURCE_UNREADABLE', `${node.path}: no key`);
      });
      const { context, problems } = start(target, failing);
      expect(await runBackup(context, spec())).toMatchObject({ outcome: 'with-problems', problemCount: 1, files: 4 });
      expect(problems()).toMatchObject([{ code: 'SOURCE_UNREADABLE', effect: 'skipped' }]);
    });
  });

  it('--what-if lists what would be kept and touches nothing', async () => {
    const target = new MemoryTarget(false);
    const { context, events } = start(target);
    const result = await runBackup(context, spec({ whatIf: true, exclude: ['sub/'] }));
    expect(result).toMatchObject({ files: 1, directories: 1, bytes: 5, excluded: 1, bytesWritten: 0 });
    const planned = events.flatMap((e) => (e.type === 'items' ? e.items.map((i) => i.path) : []));
    expect(planned).toEqual([source, join(source, 'a.txt')]);
    expect(target).toMatchObject({ sets: [], closed: 0 });
  });

  it('lists versions and items', async () => {
    const { context, events } = start(new MemoryTarget(true));
    await runBackup(context, spec());
    expect((await listVersions(context, { target: 'mem:' })).versions.map((v) => v.id)).toEqual(['v1']);
    const result = await listItems(context, { target: 'mem:', version: 'latest', items: [join(source, 'sub')] });
    expect(result).toMatchObject({ version: 'v1', count: 6 });
    const paths = events.flatMap((e) => (e.type === 'items' ? e.items.map((i) => i.path) : []));
    expect(paths).toContain(join(source, 'sub/deep/b.txt'));
    await expect(listItems(context, { target: 'mem:', version: 'latest', items: ['/none'] })).rejects.toMatchObject({
      code: 'ITEM_NOT_FOUND',
    });
  });

  it('an item that is not there is an error; beside others it is a problem', async () => {
    const { context, problems } = start(new MemoryTarget(false));
    await runBackup(context, spec());
    await expect(runRecovery(context, { ...recovery, items: ['/none'], recoveryTarget: out })).rejects.toMatchObject({
      code: 'ITEM_NOT_FOUND',
    });
    const result = await runRecovery(context, { ...recovery, items: ['/none', source], recoveryTarget: out });
    expect(result.outcome).toBe('with-problems');
    expect(problems()).toMatchObject([{ code: 'ITEM_NOT_FOUND', path: '/none' }]);
  });
});
