import { execFileSync } from 'node:child_process';

/** What wimlib says of one file. */
export interface WimFile {
  readonly attributes: number;
  readonly shortName: string;
  readonly descriptor: string | undefined;
  readonly linkCount: number;
  readonly objectId: string | undefined;
  /** SHA-1 by name of stream, '' for the unnamed one; zeros for one without bytes. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** Captures a volume of NTFS with wimlib and lists what it found. */
export function captureWithWimlib(image: string, wim: string): Map<string, WimFile> {
  execFileSync('wimcapture', [image, wim, '--compress=none'], { stdio: 'pipe' });
  const listing = execFileSync('wimdir', [wim, '1', '--detailed'], { maxBuffer: 1 << 28 }).toString();
  const files = new Map<string, WimFile>();
  for (const block of listing.split(/^-{60,}$/m)) {
    const path = /^Full Path {11}= "\/([^]*?)"$/m.exec(block)?.[1];
    if (path === undefined) continue;
    const field = (name: string): string | undefined => new RegExp(`^${name} *= (.*)$`, 'm').exec(block)?.[1];
    const hashes = new Map<string, string>();
    for (const [, unnamed, name, hash] of block.matchAll(
      /^\t(?:(Unnamed data stream)|Named data stream "([^]*?)"):\nHash {14}= 0x([0-9a-f]{40})/gm,
    )) {
      hashes.set(unnamed ? '' : (name ?? ''), hash!);
    }
    files.set(path, {
      attributes: Number(field('Attributes')),
      shortName: /^"(.*)"$/.exec(field('Short Name') ?? '')?.[1] ?? '',
      descriptor: field('Security Descriptor'),
      linkCount: Number(field('Link Count')),
      objectId: field('Object ID'),
      hashes,
    });
  }
  return files;
}
