import { hostname } from 'node:os';
import { tapeError, TapeStatus } from '../api/index.js';

/** A logical unit of an iSCSI target. */
export interface IscsiAddress {
  /** `host:port`. */
  readonly portal: string;
  /** The target's name: `iqn.…`, `eui.…`, `naa.…`. */
  readonly target: string;
  readonly lun: number;
  /** CHAP of the initiator, and where both sides prove themselves, of the target. */
  readonly user?: Credentials | undefined;
  readonly targetUser?: Credentials | undefined;
}

export interface Credentials {
  readonly name: string;
  readonly secret: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SCHEME = /^iscsi:\/\//i;
const SHAPE = /^iscsi:\/\/(?:([^/]*)@)?(\[[0-9a-f:.%]+\]|[^/:@[\]]+)(?::(\d{1,5}))?\/([^/]+)\/(\d{1,5})$/i;
const DEFAULT_PORT = 3260;
const LARGEST_LUN = 16_383;

export const isIscsiAddress = (address: string): boolean => SCHEME.test(address);

/** An address without what nobody may see. */
export const withoutSecrets = (address: string): string => address.replace(/^([a-z]+:\/\/)?.*@/is, '$1');

/** Names of iSCSI nodes and what stands for them in a URL. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return undefined;
  }
}

const isText = (text: string | undefined): text is string =>
  // eslint-disable-next-line no-control-regex -- C ends its strings with NUL
  text !== undefined && text !== '' && text.length < 224 && !/[\x00-\x1f\x7f]/.test(text);

function credentials(name: string | undefined, secret: string | undefined): Credentials | undefined {
  return isText(name) && isText(secret) ? { name, secret } : undefined;
}

/**
 * `iscsi://[user%secret@]host[:port]/target/lun`, as libiscsi's programs have it: `%` parts the user from the secret. What the address lacks
 * comes from LIBISCSI_CHAP_USERNAME, LIBISCSI_CHAP_PASSWORD, LIBISCSI_CHAP_TARGET_USERNAME and LIBISCSI_CHAP_TARGET_PASSWORD.
 * @throws TAPE_INVALID_PARAMETER, without the secret
 */
export function parseIscsiAddress(address: string, environment: Environment): IscsiAddress {
  const wrong = (problem: string): Error => tapeError(TapeStatus.ERROR_INVALID_PARAMETER, withoutSecrets(address), problem);
  const match = SHAPE.exec(address);
  if (match === null) throw wrong('reading the address: it is not iscsi://HOST[:PORT]/TARGET/LUN');
  const [, login, host = '', portText, targetText = '', lunText = ''] = match;
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  const target = decoded(targetText);
  const lun = Number(lunText);
  if (port < 1 || port > 65_535) throw wrong('reading the address: there is no such port');
  if (!isText(target)) throw wrong('reading the address: the target has no name');
  if (lun > LARGEST_LUN) throw wrong('reading the address: there is no such logical unit');

  const [, name, secret] = /^([^%]*)(?:%(.*))?$/s.exec(login ?? '') ?? [];
  const user = credentials(name === '' ? environment['LIBISCSI_CHAP_USERNAME'] : name, secret ?? environment['LIBISCSI_CHAP_PASSWORD']);
  if (login !== undefined && user === undefined) throw wrong('reading the address: a user needs a secret (LIBISCSI_CHAP_PASSWORD)');
  const targetUser = credentials(environment['LIBISCSI_CHAP_TARGET_USERNAME'], environment['LIBISCSI_CHAP_TARGET_PASSWORD']);
  return { portal: `${host}:${String(port)}`, target, lun, user, targetUser };
}

/** What is shown to people, and opens the same unit again where the variables are set. */
export const iscsiName = ({ portal, target, lun }: IscsiAddress): string => `iscsi://${portal}/${encodeTarget(target)}/${String(lun)}`;

const encodeTarget = (target: string): string => encodeURIComponent(target).replaceAll('%3A', ':');

/** Who targets are told is asking: WINBACK_ISCSI_INITIATOR, or a name that is made from the computer's. */
export function initiatorName(environment: Environment): string {
  const own = environment['WINBACK_ISCSI_INITIATOR'];
  if (isText(own)) return own;
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-');
  return `iqn.2026-01.winback:${host === '' ? 'host' : host}`;
}
