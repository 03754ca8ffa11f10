import { CatalogError, isWinbackError, TargetError } from '@winback/core';
import { tapeError, TapeStatus, type TapeChanger, type TapeDrive } from '../../api/index.js';
import { called, isCleaning, isReady, type DriveInChanger, type Slot } from './drive-in-changer.js';
import { familiesOf, type Family, type FoundCartridge } from './families-in-changer.js';
import type { CartridgeIdentity, FamilyCartridge } from './identify-cartridge.js';
import { familyName, inWords, type KnownCartridges } from './known-cartridges.js';

/** How the user named a cartridge. */
export interface FirstNamed {
  /** From 1. */
  readonly slot?: number | undefined;
  readonly barcode?: string | undefined;
}

/** What a job begins with. */
export interface FirstRequest {
  readonly purpose: 'read' | 'write';
  /** Asked with a cartridge in the drive: why it is not the one. */
  readonly refuse: () => string | undefined;
  /** Any of the only family is better than none: the newest that is not refused, or else the newest. Of several families none is chosen. */
  readonly any?: boolean | undefined;
}

type OfFamily = FoundCartridge<FamilyCartridge>;
const SHOWN = 20;

/** Chooses the cartridge that a job begins with, and loads it. Nothing is guessed: where several could be meant the user is asked to name one. */
export class FirstCartridge {
  /** The slot whose cartridge is in the drive, where it was put there. */
  #in: Slot | undefined;

  constructor(
    private readonly bay: DriveInChanger,
    private readonly known: KnownCartridges,
    private readonly named: FirstNamed = {},
  ) {}

  /** That what was named is there. @throws TAPE_INVALID_PARAMETER, TAPE_NO_MEDIA_IN_DRIVE, TAPE_CLEANER_CARTRIDGE */
  check(changer: TapeChanger): void {
    this.#find(changer);
  }

  /** Whether a cartridge is in the drive, and none was named: then the job begins with that one. */
  isThere(drive: TapeDrive): boolean {
    const { slot, barcode } = this.named;
    return slot === undefined && barcode === undefined && isReady(drive);
  }

  /**
   * Loads it. Whatever was tried besides is back in its slot.
   * @throws TARGET_AMBIGUOUS when several could be meant; VERSION_NOT_FOUND, TAPE_NOT_FOUND (reading), TAPE_END_OF_MEDIA (writing) when none is the
   * one; TAPE_*, INTERRUPTED
   */
  load(changer: TapeChanger, drive: TapeDrive, request: FirstRequest): void {
    const named = this.#find(changer);
    if (named === 'loaded' || (named === undefined && this.bay.element(changer).full)) {
      // It may only have been unloaded.
      this.bay.ready(changer, drive);
      return;
    }
    if (named) {
      this.bay.clear(changer, drive);
      this.known.set(named, this.bay.load(changer, drive, named));
      return;
    }
    try {
      const found = this.#inventory(changer, drive);
      if (request.purpose === 'write') this.#forWriting(changer, drive, found, request.refuse);
      else this.#forReading(changer, drive, found, request);
    } catch (error) {
      this.bay.clear(changer, drive);
      throw error;
    }
  }

  /** Every cartridge in the order of the slots. The last one stays in the drive. */
  #inventory(changer: TapeChanger, drive: TapeDrive): readonly FoundCartridge[] {
    return this.bay.full(changer).map((slot) => {
      try {
        return { slot, identity: this.known.get(slot) ?? this.#put(changer, drive, slot) };
      } catch (error) {
        if (!isWinbackError(error) || error.code === 'INTERRUPTED' || error.code === 'TAPE_NO_MEDIA_IN_DRIVE') throw error;
        return { slot, identity: { kind: 'other', why: error.message } };
      }
    });
  }

  #forReading(changer: TapeChanger, drive: TapeDrive, found: readonly FoundCartridge[], { refuse, any }: FirstRequest): void {
    const families = familiesOf(found);
    const newest = families.flatMap((family) => family.newest);
    if (newest.length === 0) {
      const hint = 'put one into a slot; "winback tape changer ADDRESS list" shows what is where';
      const what = `a cartridge in Microsoft Tape Format is needed, and in no slot; ${triedOf(found)}`;
      throw tapeError(TapeStatus.ERROR_FILE_NOT_FOUND, changer.name, what, {}, { hint });
    }
    const best = any === true ? this.#only(changer, newest) : undefined;
    const whyNot = new Map<FoundCartridge, string>();
    const hits = this.#fitting(changer, drive, newest, refuse, whyNot);
    const older = hits.length > 0 ? [] : families.flatMap((family) => family.older);
    const hit =
      hits.length > 0 ? this.#only(changer, hits) : (older.find((one) => this.#fits(changer, drive, one, refuse, whyNot)) ?? best);
    if (!hit)
      throw new CatalogError('VERSION_NOT_FOUND', `${changer.name}: ${triedOf([...whyNot.keys()], whyNot)}`, { path: changer.name });
    this.#put(changer, drive, hit.slot);
  }

  /** Goes on with the one family of our own that has room; else begins one. What other programs began is for them. */
  #forWriting(changer: TapeChanger, drive: TapeDrive, found: readonly FoundCartridge[], refuse: () => string | undefined): void {
    const isOurs = ({ newest }: Family): boolean => newest.every(({ identity }) => identity.facts?.ours === true);
    const newest = familiesOf(found)
      .filter(isOurs)
      .flatMap((family) => family.newest);
    const whyNot = new Map<FoundCartridge, string>();
    const withRoom = this.#fitting(changer, drive, newest, refuse, whyNot);
    const first = withRoom.length > 0 ? this.#only(changer, withRoom) : found.find(isBlank);
    if (first) {
      this.#put(changer, drive, first.slot);
      return;
    }
    const what = `a cartridge to begin with is needed, one of the only family of Winback's or a blank one, and in no slot; ${triedOf(found, whyNot)}`;
    const hint = "put a blank one into a slot, or name one to go on with: --changer 'ADDRESS?slot=3'";
    throw tapeError(TapeStatus.ERROR_END_OF_MEDIA, changer.name, what, {}, { hint });
  }

  /** Those that are the one; that in the drive is asked first. */
  #fitting(
    changer: TapeChanger,
    drive: TapeDrive,
    cartridges: readonly OfFamily[],
    refuse: () => string | undefined,
    whyNot: Map<FoundCartridge, string>,
  ): readonly OfFamily[] {
    const isIn = ({ slot }: FoundCartridge): number => Number(slot.address === this.#in?.address);
    const order = [...cartridges].sort((a, b) => isIn(b) - isIn(a));
    const fitting = new Set(order.filter((one) => this.#fits(changer, drive, one, refuse, whyNot)));
    return cartridges.filter((one) => fitting.has(one));
  }

  #fits(
    changer: TapeChanger,
    drive: TapeDrive,
    cartridge: FoundCartridge,
    refuse: () => string | undefined,
    whyNot: Map<FoundCartridge, string>,
  ): boolean {
    this.#put(changer, drive, cartridge.slot);
    let why: string | undefined;
    try {
      why = refuse();
    } catch (error) {
      if (!isWinbackError(error) || !/^(TARGET|FORMAT)_|^TAPE_IO$/.test(error.code)) throw error;
      why = error.message;
    }
    if (why !== undefined) whyNot.set(cartridge, why);
    return why === undefined;
  }

  /** @throws TARGET_AMBIGUOUS */
  #only(changer: TapeChanger, cartridges: readonly OfFamily[]): OfFamily {
    const [only, ...more] = cartridges;
    if (only && more.length === 0) return only;
    const facts = cartridges.map(({ slot: { number, volumeTag }, identity: { mediaFamilyId, mediaSequence, facts: told } }) => ({
      slot: number,
      barcode: volumeTag,
      family: familyName(mediaFamilyId),
      mediaSequence,
      ...told,
    }));
    const shown = facts
      .slice(0, SHOWN)
      .map(
        ({ slot, barcode, family, mediaSequence, name, date, software }) =>
          `slot ${String(slot)}${barcode === undefined ? '' : ` (${barcode})`}: number ${String(mediaSequence)} of family ${family}, "${name ?? ''}", of ${date ?? ''}, by ${software ?? ''}`,
      );
    const rest = facts.length > SHOWN ? `; and ${String(facts.length - SHOWN)} more` : '';
    throw new TargetError(
      'TARGET_AMBIGUOUS',
      `${changer.name}: ${String(facts.length)} cartridges could be the one to begin with: ${shown.join('; ')}${rest}`,
      { path: changer.name, cartridges: facts },
      { hint: "name one: --changer 'ADDRESS?slot=3' or 'ADDRESS?barcode=…'; or load it before: winback tape changer ADDRESS load 3" },
    );
  }

  #put(changer: TapeChanger, drive: TapeDrive, slot: Slot): CartridgeIdentity {
    const known = this.known.get(slot);
    if (known && this.#in?.address === slot.address) return known;
    this.bay.clear(changer, drive);
    this.#in = undefined;
    const identity = this.bay.load(changer, drive, slot);
    this.known.set(slot, identity);
    this.#in = slot;
    return identity;
  }

  /** The slot of the cartridge that was named; `loaded`: it is in the drive. */
  #find(changer: TapeChanger): Slot | 'loaded' | undefined {
    const { slot: number, barcode } = this.named;
    if (number === undefined && barcode === undefined) return undefined;
    const drive = this.bay.element(changer);
    const slots = this.bay.slots(changer);
    const slot = slots.find((one) => (number === undefined ? one.full && one.volumeTag === barcode : one.number === number));
    if (drive.full && (number === undefined ? drive.volumeTag === barcode : slot?.full === false && drive.source === slot.address))
      return 'loaded';
    if (!slot) {
      const what =
        number === undefined
          ? `finding a cartridge with the barcode ${barcode ?? ''}`
          : `finding slot ${String(number)} of ${String(slots.length)}`;
      throw tapeError(TapeStatus.ERROR_INVALID_PARAMETER, changer.name, what, { slot: number, barcode }, { hint: LIST });
    }
    if (!slot.full)
      throw tapeError(
        TapeStatus.ERROR_NO_MEDIA_IN_DRIVE,
        changer.name,
        `taking the cartridge of slot ${String(number)}`,
        {},
        { hint: LIST },
      );
    if (isCleaning(slot)) throw tapeError(TapeStatus.ERROR_CLEANER_CARTRIDGE_INSTALLED, changer.name, `beginning with ${called(slot)}`);
    return slot;
  }
}

const LIST = '"winback tape changer ADDRESS list" shows what is where';

const isBlank = ({ identity }: FoundCartridge): boolean => identity.kind === 'blank' && !identity.writeProtected;

function triedOf(found: readonly FoundCartridge[], whyNot?: ReadonlyMap<FoundCartridge, string>): string {
  if (found.length === 0) return 'none was there to try';
  const tried = found
    .slice(0, SHOWN)
    .map((one) => `${called(one.slot)} (${inWords(one.identity)}${whyNot?.has(one) ? `: ${whyNot.get(one) ?? ''}` : ''})`);
  return `tried: ${tried.join(', ')}${found.length > SHOWN ? ', …' : ''}`;
}
