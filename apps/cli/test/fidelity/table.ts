import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IMAGE_KINDS, mountImage, type MountedImage } from '@winback/core/testing';
import { winback } from '../test-io.js';
import { FACTS, makeSource, sh, type Fact } from './facts.js';

export type VolumeKind = 'ext4' | 'btrfs' | 'xfs' | 'ntfs';
export const VOLUME_KINDS: readonly VolumeKind[] = ['ext4', 'btrfs', 'xfs', 'ntfs'];

/** What became of one fact between two kinds of volumes. */
export type Cell =
  | { readonly outcome: 'not applicable' }
  /** The system's own programs see it as it was. */
  | { readonly outcome: 'yes' }
  /** They do not, but back on the first kind of volume they see it as it was. */
  | { readonly outcome: 'kept' }
  /** It is lost, and Winback said so of the file. */
  | { readonly outcome: 'no'; readonly reason: string }
  /** It is lost, and nobody was told. */
  | { readonly outcome: 'lost in silence' };

export interface Column {
  readonly from: VolumeKind;
  readonly to: VolumeKind;
  readonly cells: ReadonlyMap<string, Cell>;
}

type Problems = readonly { readonly path: string; readonly message: string; readonly effect: string }[];

const applies = ({ of }: Fact, kind: VolumeKind): boolean => of === 'both' || (of === 'ntfs') === (kind === 'ntfs');

/** A volume of a kind, freshly made; whoever asks unmounts it. */
export function freshVolume(kind: VolumeKind): MountedImage {
  const options = kind === 'ntfs' ? { options: 'special_files=wsl,efs_raw' } : {};
  const mounted = mountImage({ ...IMAGE_KINDS[kind], ...options });
  if ('reason' in mounted) throw new TypeError(mounted.reason);
  return mounted;
}

/** Sets every fact on a volume of one kind, and sees what becomes of it on each other. */
export async function columnsFrom(from: VolumeKind): Promise<Column[]> {
  const home = mkdtempSync(join(tmpdir(), 'winback-fidelity-'));
  const source = freshVolume(from);
  try {
    const facts = FACTS.filter((fact) => applies(fact, from));
    makeSource(source.folder, facts);
    source.remount();
    const seen = seeAll(source, facts);
    const problems = await backUp(home, source, 'first.bkf');
    const columns: Column[] = [];
    for (const to of VOLUME_KINDS) columns.push({ from, to, cells: await cellsOf(home, { facts, seen, problems }, from, to) });
    return columns;
  } finally {
    source.unmount();
    rmSync(home, { recursive: true });
  }
}

interface Source {
  readonly facts: readonly Fact[];
  readonly seen: ReadonlyMap<string, string>;
  readonly problems: Problems;
}

async function cellsOf(home: string, { facts, seen, problems }: Source, from: VolumeKind, to: VolumeKind): Promise<Map<string, Cell>> {
  const cells = new Map<string, Cell>(FACTS.map(({ name }) => [name, { outcome: 'not applicable' }]));
  const [there, back] = [freshVolume(to), freshVolume(from)];
  try {
    const said = [...problems, ...(await recover(home, 'first.bkf', there))];
    const seenThere = seeAll(there, facts);
    said.push(...(await backUp(home, there, 'second.bkf')), ...(await recover(home, 'second.bkf', back)));
    const seenBack = seeAll(back, facts);
    for (const { name, path } of facts) {
      const was = seen.get(name);
      if (was === seenThere.get(name)) cells.set(name, { outcome: 'yes' });
      else if (was === seenBack.get(name)) cells.set(name, { outcome: 'kept' });
      else {
        const problem = said.find((one) => one.path === path || one.path.startsWith(`${path}/`));
        cells.set(name, problem ? { outcome: 'no', reason: problem.message } : { outcome: 'lost in silence' });
      }
    }
    return cells;
  } finally {
    there.unmount();
    back.unmount();
    rmSync(join(home, 'second.bkf'), { force: true });
  }
}

function seeAll({ folder }: MountedImage, facts: readonly Fact[]): Map<string, string> {
  return new Map(facts.map(({ name, see }) => [name, sh(folder, see)]));
}

async function backUp(home: string, { folder }: MountedImage, target: string): Promise<Problems> {
  const { code, stdout } = await winback(
    home,
    'start',
    'backup',
    '--include',
    folder,
    '--backup-target',
    target,
    '--no-snapshot',
    '--json',
  );
  if (code !== 0 && code !== 3) throw new TypeError(`the backup of a volume ended with ${code}: ${stdout}`);
  const { problems } = JSON.parse(stdout) as { problems: Problems };
  return problems.filter(({ effect }) => effect !== 'note').map((problem) => ({ ...problem, path: problem.path.slice(folder.length + 1) }));
}

async function recover(home: string, target: string, { folder, remount }: MountedImage): Promise<Problems> {
  const recovery = ['start', 'recovery', '--version', 'latest', '--items', '/', '--overwrite', 'overwrite', '--json'];
  const { code, stdout } = await winback(home, ...recovery, '--recovery-target', folder, '--backup-target', target);
  if (code !== 0 && code !== 3) throw new TypeError(`the recovery ended with ${code}: ${stdout}`);
  remount();
  return (JSON.parse(stdout) as { problems: Problems }).problems.filter(({ effect }) => effect !== 'note');
}
