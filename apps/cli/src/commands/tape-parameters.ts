import { isWinbackError, UsageError } from '@winback/core/errors';
import {
  FeaturesHigh,
  FeaturesLow,
  type TapeDrive,
  type TapeDriveParameters,
  type TapeDriveSettings,
  type TapeMediaParameters,
} from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { formatBytes, formatCount, plural, table } from '../terminal/format.js';
import { answer } from './tape-answer.js';
import { driveName, openDrive, openDriveToAsk, shownDrive } from './tape-open.js';

type Switch = 'on' | 'off';

interface Options extends CommonOptions {
  readonly compression?: Switch;
  readonly ecc?: Switch;
  readonly padding?: Switch;
  readonly reportSetmarks?: Switch;
  readonly eotWarningZone?: number;
  /** Bytes; 0: variable. */
  readonly blockSize?: number;
}

/** Prints what a drive and its cartridge are (GetTapeParameters), after setting what was given (SetTapeParameters). */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const settings = settingsOf(options);
  const sets = Object.keys(settings).length > 0 || options.blockSize !== undefined;
  using drive = await (sets ? openDrive(io, options, text, { mode: 'write' }) : openDriveToAsk(io, options, text));
  if (Object.keys(settings).length > 0) drive.setDriveParameters(settings);
  if (options.blockSize !== undefined) drive.setMediaParameters({ blockSize: options.blockSize });
  const parameters = drive.getDriveParameters();
  const media = mediaOf(drive);
  const features = { low: namesOf(FeaturesLow, parameters.featuresLow), high: namesOf(FeaturesHigh, parameters.featuresHigh) };
  return answer(
    io,
    options,
    { drive: driveName(drive), parameters: { ...parameters, features }, media: media ?? null },
    `${shownDrive(drive)}\n` +
      table([...driveRows(parameters), ...mediaRows(media, parameters)].map(([name, value]) => [`  ${name}`, value])) +
      [...featureLines('low', parameters.featuresLow, features.low), ...featureLines('high', parameters.featuresHigh, features.high)].join(
        '',
      ),
  );
}

function settingsOf({ compression, ecc, padding, reportSetmarks, eotWarningZone }: Options): TapeDriveSettings {
  if (eotWarningZone !== undefined && eotWarningZone < 0) throw new UsageError('--eot-warning-zone is less than 0');
  const on = (value: Switch): boolean => value === 'on';
  return {
    ...(compression === undefined ? {} : { compression: on(compression) }),
    ...(ecc === undefined ? {} : { ecc: on(ecc) }),
    ...(padding === undefined ? {} : { dataPadding: on(padding) }),
    ...(reportSetmarks === undefined ? {} : { reportSetmarks: on(reportSetmarks) }),
    ...(eotWarningZone === undefined ? {} : { eotWarningZoneSize: eotWarningZone }),
  };
}

/** Undefined: there is no cartridge that the drive could tell about. */
function mediaOf(drive: TapeDrive): TapeMediaParameters | undefined {
  try {
    return drive.getMediaParameters();
  } catch (error) {
    if (isWinbackError(error, 'TAPE_NO_MEDIA_IN_DRIVE') || isWinbackError(error, 'TAPE_NOT_READY')) return undefined;
    throw error;
  }
}

type Row = readonly [name: string, value: string];

const has = (bits: number, bit: number): boolean => (bits & bit) !== 0;

/** Whether it is on, where the drive knows of it. */
const switched = (on: boolean, can: boolean): string => (can ? (on ? 'on' : 'off') : on ? 'on' : 'off, and cannot be set');

function driveRows(p: TapeDriveParameters): Row[] {
  const { featuresLow: low, featuresHigh: high } = p;
  return [
    ['compression', switched(p.compression, has(high, FeaturesHigh.SET_COMPRESSION))],
    ['ecc', switched(p.ecc, has(high, FeaturesHigh.SET_ECC))],
    ['data padding', switched(p.dataPadding, has(high, FeaturesHigh.SET_PADDING))],
    ['report setmarks', switched(p.reportSetmarks, has(high, FeaturesHigh.SET_REPORT_SMKS))],
    ['end-of-tape warning zone', has(low, FeaturesLow.EOT_WZ_SIZE) ? bytes(p.eotWarningZoneSize) : 'not told'],
    ['block sizes', `${bytes(p.minimumBlockSize)} to ${bytes(p.maximumBlockSize)}, by default ${bytes(p.defaultBlockSize)}`],
    ['partitions at most', formatCount(p.maximumPartitionCount)],
  ];
}

function mediaRows(media: TapeMediaParameters | undefined, { featuresLow }: TapeDriveParameters): Row[] {
  if (!media) return [['cartridge', 'none that is ready']];
  return [
    ['capacity', has(featuresLow, FeaturesLow.TAPE_CAPACITY) ? bytes(media.capacity) : 'not told'],
    ['remaining', has(featuresLow, FeaturesLow.TAPE_REMAINING) ? bytes(media.remaining) : 'not told'],
    ['block size', media.blockSize === 0 ? 'variable' : bytes(media.blockSize)],
    ['partitions', formatCount(media.partitionCount)],
    ['write-protected', media.writeProtected ? 'yes' : 'no'],
  ];
}

const bytes = (count: number): string => plural(count, 'byte') + (count < 1000 ? '' : ` (${formatBytes(count)})`);

const namesOf = (bits: Readonly<Record<string, number>>, value: number): string[] =>
  Object.entries(bits).flatMap(([name, bit]) => (has(value, bit) ? [name] : []));

const LINE = 100;

/** Names, as many on a line as it has room for. */
function featureLines(which: string, value: number, names: readonly string[]): string[] {
  const lines = [`  features ${which} (0x${value.toString(16).padStart(8, '0')})\n`];
  let line = '   ';
  for (const name of names) {
    if (line.length + 1 + name.length > LINE) {
      lines.push(`${line}\n`);
      line = '   ';
    }
    line += ` ${name}`;
  }
  return line.trim() === '' ? lines : [...lines, `${line}\n`];
}
