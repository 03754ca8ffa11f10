import { CatalogError, type VolumeIdentity } from '@winback/core';
import { displayPath, isWindowsRoot } from '../job/volume-path.js';

interface Item {
  readonly asked: string;
  readonly posix: string;
  readonly windows: string;
  found: boolean;
}

const trim = (path: string): string => path.replace(/^\/+|\/+$/g, '');
const windowsForm = (path: string): string => trim(path.replaceAll('\\', '/')).toLowerCase();
const covers = (item: string, path: string): boolean => item === '' || path === item || path.startsWith(`${item}/`);

/**
 * Which files the user asked for: each item is a file or a folder with all below it, named from the volume's root or with the
 * volume in front; `/` is everything. Paths of Windows volumes may be written with either slash and in any case.
 */
export class Selection {
  readonly #items: readonly Item[];
  constructor(items: readonly string[]) {
    this.#items = items.map((asked) => ({ asked, posix: trim(asked), windows: windowsForm(asked), found: false }));
  }

  /** Marks what it was asked for as found. */
  wants(volume: VolumeIdentity, path: string): boolean {
    const item = this.#itemOf(volume, path);
    if (item) item.found = true;
    return item !== undefined;
  }

  /** The same, for whoever only looks; undefined: everything is asked for. */
  get chosen(): ((volume: VolumeIdentity, path: string) => boolean) | undefined {
    if (this.#items.some((item) => item.posix === '')) return undefined;
    return (volume, path) => this.#itemOf(volume, path) !== undefined;
  }

  #itemOf(volume: VolumeIdentity, path: string): Item | undefined {
    const windows = isWindowsRoot(volume.root);
    const whole = displayPath(volume, path);
    const [inVolume, full] = windows ? [path.toLowerCase(), windowsForm(whole)] : [path, trim(whole)];
    return this.#items.find((item) => {
      const asked = windows ? item.windows : item.posix;
      return covers(asked, inVolume) || covers(asked, full);
    });
  }

  /** Whether a file or folder is one of the items itself, and not below one. */
  names(volume: VolumeIdentity, path: string): boolean {
    const windows = isWindowsRoot(volume.root);
    const whole = displayPath(volume, path);
    const forms = windows ? [path.toLowerCase(), windowsForm(whole)] : [path, trim(whole)];
    return this.#items.some((item) => forms.includes(windows ? item.windows : item.posix));
  }

  /** Whether all of a volume is asked for. */
  isWhole(volume: VolumeIdentity): boolean {
    const windows = isWindowsRoot(volume.root);
    const root = windows ? windowsForm(displayPath(volume, '')) : trim(displayPath(volume, ''));
    return this.#items.some((item) => covers(windows ? item.windows : item.posix, root));
  }

  /** Items that matched nothing. */
  get missing(): readonly string[] {
    return this.#items.filter((item) => !item.found && item.posix !== '').map((item) => item.asked);
  }

  /** @throws ITEM_NOT_FOUND when an item matched nothing */
  assertFound(version: string): void {
    const [first] = this.missing;
    if (first !== undefined) throw itemNotFound(first, version);
  }
}

export const itemNotFound = (item: string, version: string): CatalogError =>
  new CatalogError(
    'ITEM_NOT_FOUND',
    `version ${version} holds no ${item}`,
    { item, version },
    { hint: 'winback get items lists what it holds' },
  );
