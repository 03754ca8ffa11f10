import { FileAttribute } from '../facts/file-attributes.js';
import type { FileEntry } from '../facts/file-entry.js';
import { encodeSpecialFile } from '../facts/reparse.js';
import type { BackupStreamHeader, BackupStreamSource } from '../streams/backup-stream.js';
import { FactCollector, isFactStream } from '../streams/fact-collector.js';
import { factStreams } from '../streams/fact-streams.js';
import { StreamId } from '../streams/stream-id.layout.js';
import type { FileProblem, FileRecovery, OverwriteMode, VolumeDriver, VolumeRecovery, WalkFilter } from '../volume/volume.js';

/** A stream with its bytes. */
export interface TestStream {
  readonly header: BackupStreamHeader;
  readonly data: Uint8Array;
}

/** A file with all its streams. */
export interface TestFile {
  readonly entry: FileEntry;
  readonly streams: readonly TestStream[];
}

/** 2021-03-04 05:06:07.1234567, which NTFS can hold too. */
export const TEST_TIME = 1_614_834_367_123_456_700n;

/** An entry with only what was said of it, and sensible values for what every file has. */
export function testEntry(path: string, facts: Partial<FileEntry> = {}): FileEntry {
  const kind = facts.kind ?? 'file';
  const attributes = kind === 'directory' ? FileAttribute.DIRECTORY : FileAttribute.ARCHIVE;
  return { path, kind, attributes, size: 0, times: { lastWrite: TEST_TIME }, linkCount: 1, ...facts };
}

/** A file with its facts as streams and `content` as one DATA stream. */
export function testFile(path: string, content: Uint8Array | string = '', facts: Partial<FileEntry> = {}): TestFile {
  const data = typeof content === 'string' ? Buffer.from(content) : content;
  const entry = testEntry(path, { size: data.length, ...facts });
  return { entry, streams: [...factsOf(entry), { header: { id: StreamId.DATA, attributes: 0, length: data.length }, data }] };
}

/** A folder, link or special file: facts alone. */
export function testItem(path: string, facts: Partial<FileEntry> = {}): TestFile {
  const entry = testEntry(path, { kind: 'directory', ...facts });
  return { entry, streams: factsOf(entry) };
}

/** The facts of a symbolic link. */
export const testLink = (linkTarget: string): Partial<FileEntry> => ({
  kind: 'symbolic-link',
  attributes: FileAttribute.REPARSE_POINT,
  linkTarget,
  reparseData: encodeSpecialFile('symbolic-link', linkTarget),
});

const factsOf = (entry: FileEntry): TestStream[] =>
  factStreams(entry).map(({ data, ...header }) => ({ header: { ...header, length: data.length }, data }));

/** Reads all streams to their end, with pieces that are smaller than most files. */
export function readStreams(source: BackupStreamSource, pieceSize = 1000): TestStream[] {
  const streams: TestStream[] = [];
  const piece = new Uint8Array(pieceSize);
  for (let header = source.next(); header; header = source.next()) {
    const parts: Uint8Array[] = [];
    for (let n = source.readInto(piece); n > 0; n = source.readInto(piece)) parts.push(piece.slice(0, n));
    streams.push({ header, data: new Uint8Array(Buffer.concat(parts)) });
  }
  return streams;
}

/** The content of a file whose streams are given, holes as zeros. */
export function contentOf(streams: readonly TestStream[]): Uint8Array {
  const content = streams.filter(({ header }) => header.id === StreamId.DATA || header.id === StreamId.SPARSE_BLOCK);
  const end = Math.max(0, ...content.map(({ header }) => (header.offset ?? 0) + header.length));
  const out = new Uint8Array(end);
  for (const { header, data } of content) out.set(data, header.offset ?? 0);
  return out;
}

/** What was read of a tree. */
export interface TestTree {
  /** By path below the folder that was read; facts that travel as streams are those of the streams. */
  readonly files: ReadonlyMap<string, TestFile>;
  /** Paths in the order they came. */
  readonly order: readonly string[];
  readonly problems: readonly FileProblem[];
}

/** Walks a folder and reads every file in it. */
export function readTree(driver: VolumeDriver, folder: string, keep?: WalkFilter): TestTree {
  const located = driver.locate(folder);
  if (!located) throw new TypeError(`${driver.name} does not serve ${folder}`);
  using volume = driver.open(located.volume, located.volume.root);
  const below = (path: string): string => (path === located.path ? '' : path.slice(located.path === '' ? 0 : located.path.length + 1));
  const files = new Map<string, TestFile>();
  const order: string[] = [];
  const problems: FileProblem[] = [];
  for (const batch of volume.walk(located.path, keep)) {
    problems.push(...batch.problems);
    for (const node of batch.nodes) {
      const opened = node.open();
      const streams = readStreams(opened.streams);
      opened.streams.close();
      problems.push(...opened.problems);
      const path = below(node.path);
      order.push(path);
      files.set(path, { entry: { ...withStreamFacts(opened.entry, streams), path }, streams });
    }
  }
  return { files, order, problems };
}

function withStreamFacts(entry: FileEntry, streams: readonly TestStream[]): FileEntry {
  const collector = new FactCollector(entry);
  for (const { header, data } of streams) if (isFactStream(header)) collector.add(header, data);
  return collector.entry;
}

/** Gives a file to a recovery that has begun it. */
export function writeStreams(file: FileRecovery, streams: readonly TestStream[], pieceSize = 777): void {
  for (const { header, data } of streams) {
    if (file.begin(header) === 'unsupported') continue;
    for (let at = 0; at < data.length; at += pieceSize) file.write(data.subarray(at, at + pieceSize));
  }
}

/** Recovers one file. */
export function recoverFile(
  recovery: VolumeRecovery,
  { entry, streams }: TestFile,
): { readonly problems: readonly FileProblem[]; readonly recoveredAs: string } | undefined {
  const file = recovery.create(entry);
  if (!file) return undefined;
  writeStreams(file, streams);
  return file.commit();
}

/** Recovers files, in the order given, and answers all problems. */
export function recoverTree(
  driver: VolumeDriver,
  folder: string,
  files: Iterable<TestFile>,
  overwrite: OverwriteMode = 'overwrite',
): readonly FileProblem[] {
  using recovery = driver.openRecovery(folder, { overwrite });
  const problems: FileProblem[] = [];
  for (const file of files) problems.push(...(recoverFile(recovery, file)?.problems ?? []));
  problems.push(...recovery.finish());
  return problems;
}

/** The one file of that path. */
export function fileAt(tree: TestTree, path: string): TestFile {
  const file = tree.files.get(path);
  if (!file) throw new TypeError(`${path} is not there; there are ${[...tree.files.keys()].join(', ')}`);
  return file;
}
