import { readFileSync, readlinkSync } from 'node:fs';

/** What Node.js puts in the place of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';

/**
 * The arguments of this process with the names of files as they are: Node.js turns bytes that are no UTF-8 into U+FFFD, and with that the
 * file that a user named into another one.
 */
export async function nativeArguments(argv: readonly string[]): Promise<readonly string[]> {
  if (!argv.some((word) => word.includes(REPLACEMENT))) return argv;
  const line = fromKernel(() => readFileSync('/proc/self/cmdline'));
  if (!line) return argv;
  const { bytesToText } = await import('@winback/core');
  const words = splitAtZeros(line).slice(-argv.length);
  return argv.map((word, i) => (words[i]?.toString('utf8') === word ? bytesToText(words[i]) : word));
}

/** The folder that this process runs in, as it is. */
export async function nativeFolder(cwd: string): Promise<string> {
  if (!cwd.includes(REPLACEMENT)) return cwd;
  const path = fromKernel(() => readlinkSync('/proc/self/cwd', 'buffer'));
  if (path?.toString('utf8') !== cwd) return cwd;
  return (await import('@winback/core')).bytesToText(path);
}

/** Undefined on systems that do not tell. */
function fromKernel(read: () => Buffer): Buffer | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function splitAtZeros(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  for (let start = 0, end: number; start < bytes.length; start = end + 1) {
    end = bytes.indexOf(0, start);
    if (end < 0) end = bytes.length;
    words.push(bytes.subarray(start, end));
  }
  return words;
}
