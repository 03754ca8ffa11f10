import {
  all,
  CLOCK,
  neverCancelled,
  RANDOM,
  TargetError,
  type BackupTargetDriver,
  type Cancellation,
  type DependencyContainer,
  type OpenTargetOptions,
} from '@winback/core';
import { TAPE_CHANGER_DRIVER, TAPE_DRIVER, type TapeChangerDriver, type TapeDriver } from '../../api/index.js';
import { openThreaded } from '../../threaded/open-threaded.js';
import { CartridgeLibrary } from './cartridge-library.js';
import { parseChangerAddress } from './changer-address.js';
import { changeCartridge, nextMediaOf } from './change-cartridge.js';
import { passwordsOfEnvironment } from '../password.js';
import { MtfTapeTarget } from './mtf-tape-target.js';

/** Opens tape drives as backup targets: `tape:ADDRESS`, of any drive that a loaded driver claims. */
export class MtfTapeDriver implements BackupTargetDriver {
  readonly scheme = 'tape';
  readonly description = 'Microsoft Tape Format on a tape: tape:/dev/nst0, tape:image:PATH and what else drivers of tapes know';

  constructor(private readonly container: DependencyContainer) {}

  probe(): { available: true } | { available: false; reason: string } {
    const drivers = all(this.container, TAPE_DRIVER);
    const probes = drivers.map((driver) => driver.probe());
    if (probes.some((probe) => probe.available)) return { available: true };
    const reasons = probes.flatMap((probe) => (probe.available ? [] : [probe.reason]));
    return { available: false, reason: reasons.join('; ') || 'no driver of tapes is loaded' };
  }

  open(uri: string, options: OpenTargetOptions): MtfTapeTarget {
    const { address, catalog } = parseTapeUri(uri);
    const driver = tapeDriverFor(this.container, address);
    const drive = openThreaded(driver, address, { mode: options.mode === 'read' ? 'read' : 'write', create: options.create ?? false });
    try {
      const [clock, random] = [this.container.resolve(CLOCK), this.container.resolve(RANDOM)];
      const { cancellation = neverCancelled, compress } = options;
      const { command, changer, ask } = nextMediaOf(options.nextMedia);
      const library = changer === undefined ? undefined : libraryAt(this.container, changer, cancellation);
      library?.check();
      const change = changeCartridge(driver, address, { command, library, ask, cancellation });
      const passwords = passwordsOfEnvironment();
      return new MtfTapeTarget(uri, drive, { clock, random, compress, catalog, passwords, change, library, version: options.version });
    } catch (error) {
      drive[Symbol.dispose]();
      throw error;
    }
  }
}

/** The changer, its drive and the first cartridge, as {@link parseChangerAddress} says. */
function libraryAt(container: DependencyContainer, text: string, cancellation: Cancellation): CartridgeLibrary {
  const { address, driveNumber, first } = parseChangerAddress(text);
  const driver = tapeChangerDriverFor(container, address);
  return new CartridgeLibrary({ open: () => driver.open(address), driveNumber, first, cancellation });
}

/** The driver that serves the address of a changer. @throws TARGET_SCHEME */
export function tapeChangerDriverFor(container: DependencyContainer, address: string): TapeChangerDriver {
  const drivers = all(container, TAPE_CHANGER_DRIVER);
  const driver = drivers.find((one) => one.claims(address));
  if (driver) return driver;
  const known = drivers.map(({ name }) => name);
  throw new TargetError(
    'TARGET_SCHEME',
    `no loaded driver of changers serves "${address}"`,
    { address, known },
    { hint: known.length === 0 ? 'none is loaded' : `loaded: ${known.join(', ')}` },
  );
}

const CATALOGS: Readonly<Record<string, 0 | 1 | 2>> = { none: 0, '1': 1, '2': 2 };

/** `tape:ADDRESS?catalog=1`, whatever else is asked for behind the `?`. @throws TARGET_UNSUPPORTED */
function parseTapeUri(uri: string): { readonly address: string; readonly catalog: 0 | 1 | 2 | undefined } {
  const bare = uri.replace(/^tape:/i, '');
  const [, before = '', mark = '', value = '', after = ''] = /^(.*)([?&])catalog=([^&?]*)(.*)$/.exec(bare) ?? [];
  if (mark === '') return { address: bare, catalog: undefined };
  const catalog = CATALOGS[value];
  if (catalog === undefined) {
    throw new TargetError(
      'TARGET_UNSUPPORTED',
      `there are no catalogs of type "${value}" on tapes`,
      { catalog: value },
      { hint: 'catalog=1, catalog=2 or catalog=none' },
    );
  }
  return { address: before + (mark === '?' ? after.replace(/^&/, '?') : after), catalog };
}

/** The driver that serves an address. @throws TARGET_SCHEME, TARGET_UNSUPPORTED */
export function tapeDriverFor(container: DependencyContainer, address: string): TapeDriver {
  const drivers = all(container, TAPE_DRIVER);
  const driver = drivers.find((one) => one.claims(address));
  if (!driver) {
    const known = drivers.map(({ name, description }) => `${name}: ${description}`);
    throw new TargetError(
      'TARGET_SCHEME',
      `no loaded driver of tapes serves "${address}"`,
      { address, known: drivers.map((d) => d.name) },
      {
        hint: known.join('; ') || 'none is loaded',
      },
    );
  }
  const probe = driver.probe();
  if (probe.available) return driver;
  throw new TargetError('TARGET_UNSUPPORTED', `${address}: ${driver.name} cannot be used here: ${probe.reason}`, { address });
}
