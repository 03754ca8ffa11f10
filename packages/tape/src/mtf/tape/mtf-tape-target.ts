import {
  TargetError,
  type BackupSetDescription,
  type BackupTarget,
  type BackupVersion,
  type Clock,
  type OpenSetOptions,
  type Random,
  type TargetBuffer,
  type TargetCapability,
  type TargetDamage,
} from '@winback/core';
import { FeaturesLow, TapeErase, type TapeDrive } from '../../api/index.js';
import type { DetailReader } from '../catalog/detail-reader.js';
import type { MappedSet } from '../catalog/set-map.js';
import { CatalogType } from '../constants.js';
import { toSeconds } from '../date-time.js';
import { FileWindow } from '../file-window.js';
import type { Medium } from '../medium.js';
import { assertPassword, type PasswordPolicy } from '../password.js';
import { readSetHead, type SetHead } from '../set-head.js';
import { MtfSetReader } from '../set-reader.js';
import { MtfSetWriter } from '../set-writer.js';
import { isVersion, type ListedSet, type SetList } from '../version-list.js';
import { appendPlace, beginCartridge, type AppendPlace } from './append-place.js';
import { CartridgeInDrive } from './cartridge-in-drive.js';
import type { CartridgeLibrary } from './cartridge-library.js';
import { isContinued, setsOf, type Cartridge } from './cartridge.js';
import { openByDetail } from './detail-on-tape.js';
import type { FirstRequest } from './first-cartridge.js';
import { latestVersion } from './latest-version.js';
import { listCartridge } from './list-cartridge.js';
import { mappedFamily, type MappedFamily } from './mapped-family.js';
import { SpannedSource } from './spanned-source.js';
import { tapeBlocks } from './tape-blocks.js';
import { noVersion, notThere } from './target-errors.js';
import { TapeMedium, type ChangeCartridge } from './tape-medium.js';

/** Bytes of a block on cartridges that Winback begins: what drives of all kinds take, and enough for them to stream. */
const BLOCK_SIZE = 65_536;

export interface TapeTargetParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly compress?: boolean | undefined;
  readonly change: ChangeCartridge;
  /** Type of the catalogs on families that Winback begins; default 1. */
  readonly catalog?: 0 | 1 | 2 | undefined;
  readonly passwords?: PasswordPolicy | undefined;
  /** Gets an empty drive its first cartridge. */
  readonly library?: Pick<CartridgeLibrary, 'begin'> | undefined;
  /** The version that the job is about: of cartridges that the library has, the one that holds it is the first. */
  readonly version?: string | undefined;
}

/** The cartridge in a tape drive. Sets are appended behind the last one, and go on on further cartridges. */
export class MtfTapeTarget implements BackupTarget {
  readonly capabilities: ReadonlySet<TargetCapability> = new Set<TargetCapability>(['append', 'compress']);
  #damage: readonly TargetDamage[] = [];
  readonly #in: CartridgeInDrive;
  readonly #blockSize: number;
  /** Of the cartridge that is in the drive. */
  #blockSizeInUse: number;
  #writing = false;
  #begun = false;

  constructor(
    readonly uri: string,
    drive: TapeDrive,
    private readonly parts: TapeTargetParts,
  ) {
    const { minimumBlockSize, maximumBlockSize, featuresLow, defaultBlockSize } = drive.getDriveParameters();
    const variable = (featuresLow & FeaturesLow.VARIABLE_BLOCK) !== 0;
    const wanted = Math.min(Math.max(BLOCK_SIZE, minimumBlockSize), maximumBlockSize || BLOCK_SIZE);
    this.#blockSize = variable || (featuresLow & FeaturesLow.FIXED_BLOCK) === 0 ? wanted : Math.min(wanted, defaultBlockSize || wanted);
    this.#blockSizeInUse = this.#blockSize;
    const admit = ({ password }: Medium): void => {
      assertPassword(password, parts.passwords ?? {}, uri);
    };
    this.#in = new CartridgeInDrive({ uri, drive, blockSize: this.#blockSize, change: parts.change, admit });
  }

  get localFiles(): readonly string[] {
    return this.#in.drive.localFiles ?? [];
  }

  get buffer(): TargetBuffer | undefined {
    const { buffer } = this.#in.drive;
    return buffer && { size: buffer.size, filled: buffer.filled, blockSize: this.#blockSizeInUse };
  }

  get damage(): readonly TargetDamage[] {
    return this.#damage;
  }

  versions(): readonly BackupVersion[] {
    this.#begin(this.#reading(this.parts.version));
    return this.#versions();
  }

  #versions(): readonly BackupVersion[] {
    const cartridge = this.#in.read();
    if (!cartridge) return [];
    const { family, error } = mappedFamily(cartridge);
    this.#damage = [];
    if (family) return family.versions;
    const versions = this.#list(cartridge)
      .sets.filter((set) => isVersion(set))
      .map((set) => set.version);
    if (error) this.#damage = [...this.#damage, { error }];
    return versions;
  }

  createSet(description: BackupSetDescription): MtfSetWriter {
    if (this.#writing) throw new TypeError('a set is being written already');
    const time = toSeconds(this.parts.clock.now());
    const { random, compress, catalog: catalogType = CatalogType.ONE } = this.parts;
    this.#begin({ purpose: 'write', refuse: () => this.#whyFull() });
    const cartridge = this.#in.read();
    this.#in.forget();
    const place = cartridge
      ? appendPlace(this.uri, cartridge)
      : beginCartridge(this.#in.drive, this.#blockSize, { time, random, catalogType });
    const blocks = cartridge?.blocks ?? tapeBlocks(this.#in.drive, place.blockSize);
    this.#blockSizeInUse = place.blockSize;
    // Behind the beginning of a blank cartridge the drive stands already.
    if (cartridge && !blocks.seek(place.block)) throw notThere(this.uri, place.block);
    const { areAddresses } = blocks;
    const medium = new TapeMedium({ ...place, areAddresses, drive: this.#in.drive, time, random, change: this.#in.change });
    if (place.tape) medium.tapes.set(place.mediaSequence, place.tape);
    const { mediaFamilyId, earlier, catalogType: type } = place;
    const withDetail = areAddresses && place.detailAllowed;
    const catalog =
      type === CatalogType.ONE || type === CatalogType.TWO
        ? { type, medium, mediaFamilyId, earlier, withDetail, tapes: medium.tapes }
        : undefined;
    this.#writing = true;
    const committed = (): BackupVersion => {
      this.#writing = false;
      const version = this.versions().at(-1);
      if (!version) throw new TargetError('TARGET_DAMAGED', `${this.uri}: the set that was just written is not there`, { path: this.uri });
      return version;
    };
    const aborted = (): void => {
      this.#writing = false;
      const isHere = place.mediaSequence === medium.mediaSequence;
      if (isHere || medium.continued.length === 0) this.#takeBack(place, isHere);
    };
    return new MtfSetWriter({ medium, number: place.number, description, time, compress, catalog, committed, aborted });
  }

  openSet(id: string, options: OpenSetOptions = {}): MtfSetReader | DetailReader {
    this.#begin(this.#reading(id));
    const cartridge = this.#in.read();
    if (!cartridge) throw noVersion(this.uri, id, []);
    const { family } = mappedFamily(cartridge);
    if (!family) return id === 'latest' ? this.#openLatest(cartridge, options) : this.#openListed(cartridge, id);
    return this.#openOfFamily(family, id, options);
  }

  #openOfFamily(family: MappedFamily, id: string, options: OpenSetOptions): MtfSetReader | DetailReader {
    const { versions } = family;
    const found = id === 'latest' ? versions.at(-1) : (versions.find((v) => v.id === id) ?? versions.find((v) => String(v.number) === id));
    const set = family.sets[versions.findIndex((version) => version === found)];
    if (!found || !set) {
      throw noVersion(
        this.uri,
        id,
        versions.map((version) => version.id),
      );
    }
    return this.#openMapped(family, set, found, options);
  }

  /** Of a full cartridge, the one that its last set goes on to is looked at, and so on, as far as they can be had. */
  #openLatest(first: Cartridge, options: OpenSetOptions): MtfSetReader | DetailReader {
    const latest = latestVersion(first, {
      uri: this.uri,
      list: (cartridge) => this.#list(cartridge),
      next: (mediaSequence) => this.#in.tryGet(mediaSequence),
    });
    if (!latest) throw noVersion(this.uri, 'latest', []);
    const cartridge = this.#in.get(latest.mediaSequence);
    const { family } = mappedFamily(cartridge);
    if (family) return this.#openOfFamily(family, 'latest', options);
    const reader = this.#openListed(cartridge, String(latest.number));
    if (latest.error) reader.damage.push({ error: latest.error });
    return reader;
  }

  /** By what filemarks show. */
  #openListed(cartridge: Cartridge, id: string): MtfSetReader {
    const { sets } = this.#list(cartridge);
    const versions = sets.filter((set) => isVersion(set));
    const wanted =
      versions.find((set) => set.version.id === id) ??
      (/^\d+$/.test(id) ? sets.find((set) => set.version.number === Number(id)) : undefined);
    if (!wanted)
      throw noVersion(
        this.uri,
        id,
        versions.map((set) => set.version.id),
      );
    return this.#open(cartridge, wanted);
  }

  #openMapped(family: MappedFamily, set: MappedSet, version: BackupVersion, options: OpenSetOptions): MtfSetReader | DetailReader {
    const walk = (): MtfSetReader => this.#walk(set, version);
    if (!options.wants && options.listing !== true) return walk();
    const { reader, error } = openByDetail({
      family,
      set,
      version,
      cartridge: (sequence) => this.#in.get(sequence),
      change: this.#in.change,
      fixedBlockSize: this.#blockSize,
      admit: (head) => {
        this.#admit(head, version);
      },
      walk,
      options,
    });
    if (reader) return reader;
    const whole = walk();
    if (error) whole.damage.push({ error });
    return whole;
  }

  /** From the set's beginning, on its first cartridge. */
  #walk(set: MappedSet, version: BackupVersion): MtfSetReader {
    const [first] = set.parts;
    const cartridge = this.#in.get(first?.mediaSequence ?? 1);
    const { sets } = this.#list(cartridge);
    const at = (first?.pba ?? 0) * cartridge.blocks.blockSize;
    const found = sets.find((one) => one.place.at === at) ?? sets.find((one) => one.head.setNumber === set.setNumber);
    if (found) return this.#open(cartridge, { ...found, version });
    throw new TargetError(
      'TARGET_DAMAGED',
      `${this.uri}: set ${String(set.setNumber)} of the set map is not on cartridge ${String(first?.mediaSequence)}`,
      { path: this.uri, number: set.setNumber, mediaSequence: first?.mediaSequence },
    );
  }

  deleteSets(_ids: readonly string[]): void {
    throw new TargetError(
      'TARGET_UNSUPPORTED',
      `${this.uri}: sets cannot be taken off a tape, which is written from start to end`,
      { path: this.uri },
      { hint: 'begin a new cartridge, and erase this one when its versions are no longer needed' },
    );
  }

  close(): void {
    this.#in.drive[Symbol.dispose]();
  }

  /** An empty drive gets its first cartridge. */
  #begin(request: FirstRequest): void {
    if (this.#begun) return;
    this.#begun = true;
    this.parts.library?.begin(this.#in.drive, request);
    this.#in.forget();
  }

  /** The cartridge of a version, or else the newest one that lists one that is whole. */
  #reading(version: string | undefined): FirstRequest {
    const any = version === undefined || version === 'latest';
    const fits = (): boolean => (any ? this.#versions().some((one) => one.continuesOn === undefined) : this.#has(version));
    return { purpose: 'read', any, refuse: () => (fits() ? undefined : `without ${any ? 'a whole version' : `version ${version}`}`) };
  }

  #has(id: string): boolean {
    return this.#versions().some((version) => version.id === id || String(version.number) === id);
  }

  /** Why nothing can be appended to the cartridge in the drive. @throws TARGET_* */
  #whyFull(): string | undefined {
    const cartridge = this.#in.read();
    if (this.#in.drive.getMediaParameters().writeProtected) return 'write-protected';
    if (cartridge) appendPlace(this.uri, cartridge);
    return undefined;
  }

  #admit({ password }: SetHead, { id }: BackupVersion): void {
    assertPassword(password, this.parts.passwords ?? {}, `${this.uri}: version ${id}`);
  }

  #list(cartridge: Cartridge): SetList {
    const list = listCartridge(cartridge);
    this.#damage = list.damage;
    return list;
  }

  #open(cartridge: Cartridge, set: ListedSet): MtfSetReader {
    this.#admit(set.head, set.version);
    let first = cartridge;
    this.#blockSizeInUse = cartridge.blocks.blockSize;
    let { at } = set.place;
    const goesOn = set.place.end === undefined && set.place.committedEnd === 0;
    const continued = isContinued(cartridge, at);
    if (!goesOn && !continued) return new MtfSetReader(cartridge.window, cartridge.medium.flb, set);
    // From its first cartridge on: whoever put in a later one has to change it.
    while (isContinued(first, at)) {
      const earlier = this.#in.get(first.medium.mediaSequence - 1);
      const last = setsOf(earlier).sets.at(-1);
      if (!last) throw noVersion(this.uri, set.version.id, []);
      first = earlier;
      at = last.at;
    }
    const source = new SpannedSource(first, at, this.#blockSize, this.#in.change);
    const place = { number: set.place.number, at, startRead: true, committedEnd: 0 };
    const listed = { ...set, place, head: readSetHead(first.window, place) };
    return new MtfSetReader(new FileWindow(source), first.medium.flb, listed, () => source.lost);
  }

  /** What was written since is no set; the next one is written over it. On other cartridges it stays. */
  #takeBack(place: AppendPlace, isHere: boolean): void {
    const { block, blockSize } = place;
    if ((this.#in.drive.getDriveParameters().featuresLow & FeaturesLow.ERASE_SHORT) === 0) return;
    // It was full, and the next one never came: it may still be there, or with the changer.
    if (!isHere && !this.#in.holds(place, this.parts.library !== undefined)) return;
    if (!tapeBlocks(this.#in.drive, blockSize).seek(block)) return;
    this.#in.drive.eraseTape(TapeErase.SHORT);
  }
}
