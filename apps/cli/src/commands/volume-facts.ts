import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { table } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { factRows } from './volume-fact-rows.js';
import { factsDocument } from './volume-fact-document.js';
import { gatherStreams } from './volume-stream-summary.js';
import { openVolumeFile } from './volume-file.js';
import { FileReport } from './volume-report.js';

/** Prints everything that a volume knows of one file. */
export async function run({ io }: Session, options: CommonOptions, [text = '']: readonly string[]): Promise<ExitCode> {
  using file = await openVolumeFile(io, options, text);
  const streams = gatherStreams(file.opened.streams);
  const report = new FileReport(io, options, file.path);
  report.say(table(factRows(file, streams).map(([name, value]) => [name, printable(value)])));
  for (const problem of file.opened.problems) report.add(problem);
  return report.finish(factsDocument(file, streams));
}
