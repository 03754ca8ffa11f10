import { sidFromString, sidToString, type Sid } from './sid.js';

/**
 * SIDs that some two-letter SDDL aliases are relative to. What is not given is not guessed: reading such an alias without its SID
 * is an error, and such a SID is written out in full.
 */
export interface SidContext {
  /** S-1-5-21-X-Y-Z of the domain: DA DG DU DD DC CA PA CN AP KA EK RS. */
  readonly domainSid?: Sid | string | undefined;
  /** S-1-5-21-X-Y-Z of the computer: LA LG. */
  readonly machineSid?: Sid | string | undefined;
  /** S-1-5-21-X-Y-Z of the forest's first domain: SA EA RO. */
  readonly rootDomainSid?: Sid | string | undefined;
}

/** MS-DTYP 2.5.1.1, 2.4.2.4; AP AS EK KA SS from Microsoft's page "SID Strings" and sddl.h. */
const ABSOLUTE: Readonly<Record<string, string>> = {
  AA: 'S-1-5-32-579',
  AC: 'S-1-15-2-1',
  AN: 'S-1-5-7',
  AO: 'S-1-5-32-548',
  AS: 'S-1-18-1',
  AU: 'S-1-5-11',
  BA: 'S-1-5-32-544',
  BG: 'S-1-5-32-546',
  BO: 'S-1-5-32-551',
  BU: 'S-1-5-32-545',
  CD: 'S-1-5-32-574',
  CG: 'S-1-3-1',
  CO: 'S-1-3-0',
  CY: 'S-1-5-32-569',
  ED: 'S-1-5-9',
  ER: 'S-1-5-32-573',
  ES: 'S-1-5-32-576',
  HA: 'S-1-5-32-578',
  HI: 'S-1-16-12288',
  IS: 'S-1-5-32-568',
  IU: 'S-1-5-4',
  LS: 'S-1-5-19',
  LU: 'S-1-5-32-559',
  LW: 'S-1-16-4096',
  ME: 'S-1-16-8192',
  MP: 'S-1-16-8448',
  MS: 'S-1-5-32-577',
  MU: 'S-1-5-32-558',
  NO: 'S-1-5-32-556',
  NS: 'S-1-5-20',
  NU: 'S-1-5-2',
  OW: 'S-1-3-4',
  PO: 'S-1-5-32-550',
  PS: 'S-1-5-10',
  PU: 'S-1-5-32-547',
  RA: 'S-1-5-32-575',
  RC: 'S-1-5-12',
  RD: 'S-1-5-32-555',
  RE: 'S-1-5-32-552',
  RM: 'S-1-5-32-580',
  RU: 'S-1-5-32-554',
  SI: 'S-1-16-16384',
  SO: 'S-1-5-32-549',
  SS: 'S-1-18-2',
  SU: 'S-1-5-6',
  SY: 'S-1-5-18',
  UD: 'S-1-5-84-0-0-0-0-0',
  WD: 'S-1-1-0',
  WR: 'S-1-5-33',
};

type Base = keyof SidContext;

const RELATIVE: Readonly<Record<string, readonly [base: Base, rid: number]>> = {
  AP: ['domainSid', 525],
  CA: ['domainSid', 517],
  CN: ['domainSid', 522],
  DA: ['domainSid', 512],
  DC: ['domainSid', 515],
  DD: ['domainSid', 516],
  DG: ['domainSid', 514],
  DU: ['domainSid', 513],
  EA: ['rootDomainSid', 519],
  EK: ['domainSid', 527],
  KA: ['domainSid', 526],
  LA: ['machineSid', 500],
  LG: ['machineSid', 501],
  PA: ['domainSid', 520],
  RO: ['rootDomainSid', 498],
  RS: ['domainSid', 553],
  SA: ['rootDomainSid', 518],
};

const ALIAS_OF = new Map(Object.entries(ABSOLUTE).map(([alias, sid]) => [sid, alias]));

const relativeSid = (base: Sid | string, rid: number): Sid => {
  const { identifierAuthority, subAuthorities } = typeof base === 'string' ? sidFromString(base) : base;
  return { identifierAuthority, subAuthorities: [...subAuthorities, rid] };
};

/**
 * What a two-letter alias, in capitals, stands for: the SID, the name of the option that would say, or undefined when there is no
 * such alias.
 * @throws FORMAT_STRUCTURE, FORMAT_RANGE when an option is no SID
 */
export function sidOfAlias(alias: string, context: SidContext): Sid | Base | undefined {
  const absolute = Object.hasOwn(ABSOLUTE, alias) ? ABSOLUTE[alias] : undefined;
  if (absolute !== undefined) return sidFromString(absolute);
  const relative = Object.hasOwn(RELATIVE, alias) ? RELATIVE[alias] : undefined;
  if (relative === undefined) return undefined;
  const [base, rid] = relative;
  const domain = context[base];
  return domain === undefined ? base : relativeSid(domain, rid);
}

/**
 * The two-letter alias of a SID, or undefined when it has none in this context.
 * @throws FORMAT_STRUCTURE, FORMAT_RANGE when an option is no SID
 */
export function aliasOfSid(sid: Sid, context: SidContext): string | undefined {
  const text = sidToString(sid);
  const absolute = ALIAS_OF.get(text);
  if (absolute !== undefined) return absolute;
  for (const [alias, [base, rid]] of Object.entries(RELATIVE)) {
    const domain = context[base];
    if (domain !== undefined && rid === sid.subAuthorities.at(-1) && sidToString(relativeSid(domain, rid)) === text) return alias;
  }
  return undefined;
}
