import type { BackupTarget, BackupVersion } from '@winback/core';
import { isContentStream, isWinbackError } from '@winback/core';
import { reportDamage } from '../catalog/report-damage.js';
import type { JobContext, VerifyResult, VerifySpec } from '../job/job.js';
import { ProblemList } from '../job/problem-list.js';
import { ProgressMeter } from '../job/progress-meter.js';
import { withTarget } from '../target/open-target.js';
import { TreeComparison } from './tree-comparison.js';

const BUFFER_SIZE = 512 * 1024;

/**
 * Reads versions whole and checks every checksum; with `compare`, also compares one version with a folder, by bytes and facts.
 * @throws VERSION_NOT_FOUND, TARGET_*, INTERRUPTED
 */
export async function runVerify(context: JobContext, spec: VerifySpec): Promise<VerifyResult> {
  const { nextMedia, version: wanted } = spec;
  const options = { mode: 'read', nextMedia, version: wanted, cancellation: context.cancellation } as const;
  return withTarget(context.container, spec.target, options, async (target) => {
    const problems = new ProblemList(context.onEvent);
    const all = await target.versions();
    reportDamage(target.damage, problems, spec.target);
    const one = spec.version ?? (spec.compare === undefined ? undefined : 'latest');
    const total = totalBytes(one === undefined ? all : one === 'latest' ? all.slice(-1) : all.filter((v) => v.id === one));
    const meter = new ProgressMeter('verify', context.onEvent, target, () => ({ bytes: total }));
    if (spec.compare !== undefined) {
      const comparison = new TreeComparison(context, problems, meter, spec.compare);
      const version = await comparison.run(target, one ?? 'latest');
      return result(problems, meter, [version], comparison.different);
    }
    const checked: string[] = [];
    for (const id of one === undefined ? all.map((v) => v.id) : [one]) checked.push(await readWhole(context, target, id, problems, meter));
    return result(problems, meter, checked, 0);
  });
}

/** Undefined where a version does not say, and where there is nothing to read. */
function totalBytes(versions: readonly BackupVersion[]): number | undefined {
  let total = 0;
  for (const { bytes } of versions) {
    if (bytes === undefined) return undefined;
    total += bytes;
  }
  return total === 0 ? undefined : total;
}

const result = (problems: ProblemList, meter: ProgressMeter, versions: readonly string[], different: number): VerifyResult => ({
  outcome: problems.outcome,
  problemCount: problems.count,
  versions,
  files: meter.files,
  directories: meter.directories,
  bytes: meter.bytes,
  different,
});

async function readWhole(
  context: JobContext,
  target: BackupTarget,
  id: string,
  problems: ProblemList,
  meter: ProgressMeter,
): Promise<string> {
  const reader = await target.openSet(id);
  const buffer = new Uint8Array(BUFFER_SIZE);
  try {
    for (;;) {
      context.cancellation.check();
      const next = reader.next();
      const file = next instanceof Promise ? await next : next;
      if (!file) break;
      try {
        const { streams } = file;
        for (;;) {
          const header = streams.next();
          const stream = header instanceof Promise ? await header : header;
          if (!stream) break;
          for (;;) {
            const read = streams.readInto(buffer);
            const n = read instanceof Promise ? await read : read;
            if (n === 0) break;
            if (isContentStream(stream)) meter.bytes += n;
            if (n >= 65_536) {
              context.cancellation.check();
              meter.look(file.entry.path);
            }
          }
        }
      } catch (error) {
        // The reader notes the damage with its place and goes on with the next file.
        if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
      }
      if (file.entry.implied) continue;
      if (file.entry.kind === 'directory') meter.directories++;
      else meter.files++;
      meter.tick(file.entry.path);
    }
  } finally {
    await reader.close();
  }
  reportDamage(reader.damage, problems, `${target.uri} ${id}`);
  return reader.version.id;
}
