import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '../../src/errors/index.js';
import {
  buildSid,
  parseSid,
  securityDescriptorFromSddl,
  securityDescriptorToSddl,
  sidFromString,
  sidToString,
  wellKnownSidName,
} from '../../src/security/index.js';
import { sid } from './support/descriptors.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return error.code;
  }
};

describe('a SID', () => {
  it.each([
    ['S-1-5-18', '010100000000000512000000'],
    ['S-1-5-21-1-2-4294967295', '0104000000000005150000000100000002000000ffffffff'],
    ['S-1-4294967295', '01000000ffffffff'],
    ['S-1-0x000100000000-7', '010100010000000007000000'],
    ['S-1-0xffffffffffff', '0100ffffffffffff'],
    ['S-1-5', '0100000000000005'],
  ])('%s is read from bytes and text and written as both', (text, hex) => {
    expect(sidToString(parseSid(bytes(hex)))).toBe(text);
    expect(Buffer.from(buildSid(sidFromString(text))).toString('hex')).toBe(hex);
  });

  it('comes back the same from bytes and from text', () => {
    fc.assert(
      fc.property(sid, (value) => {
        expect(parseSid(buildSid(value))).toEqual(value);
        expect(sidFromString(sidToString(value))).toEqual(value);
      }),
    );
  });

  it('cut short anywhere is FORMAT_SHORT', () => {
    const whole = buildSid(sidFromString('S-1-5-21-1-2-3-500'));
    for (let length = 0; length < whole.length; length++) expect(codeOf(() => parseSid(whole.subarray(0, length)))).toBe('FORMAT_SHORT');
  });

  it('of another revision, or with more than 15 sub-authorities, is FORMAT_RANGE with the place', () => {
    expect(() => parseSid(bytes('020100000000000512000000'), 0, 100)).toThrow('SID.revision at byte 0x64: expected 1, found 2');
    expect(() => parseSid(bytes(`0010${'00'.repeat(80)}`.replace(/^00/, '01')))).toThrow('16 sub-authorities, at most 15 are allowed');
    expect(codeOf(() => buildSid({ identifierAuthority: 5, subAuthorities: Array<number>(16).fill(0) }))).toBe('FORMAT_RANGE');
    expect(codeOf(() => buildSid({ identifierAuthority: 2 ** 48, subAuthorities: [] }))).toBe('FORMAT_RANGE');
    expect(codeOf(() => buildSid({ identifierAuthority: 5, subAuthorities: [2 ** 32] }))).toBe('FORMAT_RANGE');
  });

  it.each([
    ['', 'FORMAT_STRUCTURE', 0],
    ['SY', 'FORMAT_STRUCTURE', 0],
    ['S-2-5-18', 'FORMAT_STRUCTURE', 0],
    ['S-1-', 'FORMAT_STRUCTURE', 0],
    ['S-1-5-', 'FORMAT_STRUCTURE', 5],
    ['S-1-05-18', 'FORMAT_STRUCTURE', 5],
    ['S-1-5-018', 'FORMAT_STRUCTURE', 7],
    ['S-1-5-0x12', 'FORMAT_STRUCTURE', 7],
    ['S-1-5-18 ', 'FORMAT_STRUCTURE', 8],
    ['S-1-5-4294967296', 'FORMAT_RANGE', 0],
    ['S-1-281474976710656', 'FORMAT_RANGE', 4],
    [`S-1-5${'-1'.repeat(16)}`, 'FORMAT_RANGE', 0],
  ])('%j is none, and the place is told', (text, code, offset) => {
    expect(() => sidFromString(text)).toThrow(expect.objectContaining({ code, details: { text, offset } }));
  });
});

/** MS-DTYP 2.5.1.1 with the SIDs of 2.4.2.4, and AP AS EK KA SS; D stands for the domain, M for the computer, R for the root domain. */
const ALIASES = `AA S-1-5-32-579|AC S-1-15-2-1|AN S-1-5-7|AO S-1-5-32-548|AP D-525|AS S-1-18-1|AU S-1-5-11|BA S-1-5-32-544|BG S-1-5-32-546
BO S-1-5-32-551|BU S-1-5-32-545|CA D-517|CD S-1-5-32-574|CG S-1-3-1|CN D-522|CO S-1-3-0|CY S-1-5-32-569|DA D-512|DC D-515|DD D-516|DG D-514
DU D-513|EA R-519|ED S-1-5-9|EK D-527|ER S-1-5-32-573|ES S-1-5-32-576|HA S-1-5-32-578|HI S-1-16-12288|IS S-1-5-32-568|IU S-1-5-4|KA D-526
LA M-500|LG M-501|LS S-1-5-19|LU S-1-5-32-559|LW S-1-16-4096|ME S-1-16-8192|MP S-1-16-8448|MS S-1-5-32-577|MU S-1-5-32-558|NO S-1-5-32-556
NS S-1-5-20|NU S-1-5-2|OW S-1-3-4|PA D-520|PO S-1-5-32-550|PS S-1-5-10|PU S-1-5-32-547|RA S-1-5-32-575|RC S-1-5-12|RD S-1-5-32-555
RE S-1-5-32-552|RM S-1-5-32-580|RO R-498|RS D-553|RU S-1-5-32-554|SA R-518|SI S-1-16-16384|SO S-1-5-32-549|SS S-1-18-2|SU S-1-5-6|SY S-1-5-18
UD S-1-5-84-0-0-0-0-0|WD S-1-1-0|WR S-1-5-33`
  .split(/[|\n]/)
  .map((line) => line.split(' ') as [string, string]);

const context = { domainSid: 'S-1-5-21-1-2-3', machineSid: 'S-1-5-21-4-5-6', rootDomainSid: sidFromString('S-1-5-21-7-8-9') };
const fullSid = (text: string): string =>
  text
    .replace('D-', `${context.domainSid}-`)
    .replace('M-', `${context.machineSid}-`)
    .replace('R-', `${sidToString(context.rootDomainSid)}-`);

describe('the two-letter aliases of SDDL', () => {
  it.each(ALIASES)('%s is %s, both ways and in small letters', (alias, text) => {
    const full = fullSid(text);
    const { owner } = securityDescriptorFromSddl(`O:${alias}`, context);
    expect(owner && sidToString(owner)).toBe(full);
    expect(securityDescriptorFromSddl(`O:${alias.toLowerCase()}`, context).owner).toEqual(owner);
    expect(securityDescriptorToSddl({ control: 0, owner: sidFromString(full) }, context)).toBe(`O:${alias}`);
    expect(securityDescriptorToSddl({ control: 0, owner: sidFromString(full) }, { ...context, aliases: false })).toBe(`O:${full}`);
  });

  it('that depend on a domain are an error where it is not given, and are not written', () => {
    for (const [alias, text] of ALIASES) {
      if (text.startsWith('S-')) continue;
      expect(() => securityDescriptorFromSddl(`O:${alias}`)).toThrow(expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }));
      const full = fullSid(text);
      expect(securityDescriptorToSddl({ control: 0, owner: sidFromString(full) })).toBe(`O:${full}`);
    }
    expect(() => securityDescriptorFromSddl('G:LA', { domainSid: context.domainSid })).toThrow(
      'SDDL at character 2 ("LA"): what LA stands for depends on the SID of the computer, which is not known',
    );
    expect(() => securityDescriptorFromSddl('G:EA', { domainSid: context.domainSid })).toThrow(
      expect.objectContaining({ hint: 'Give rootDomainSid.' }),
    );
  });

  it('that do not exist are an error', () => {
    expect(() => securityDescriptorFromSddl('O:QQ', context)).toThrow('SDDL at character 2 ("QQ"): no SID has the alias QQ');
  });
});

describe('names of well-known SIDs', () => {
  it('are those that Windows shows', () => {
    expect(wellKnownSidName('S-1-5-18')).toBe('NT AUTHORITY\\SYSTEM');
    expect(wellKnownSidName(sidFromString('S-1-5-32-544'))).toBe('BUILTIN\\Administrators');
    expect(wellKnownSidName('S-1-5-21-7-8-9-512')).toBe('Domain Admins');
    expect(wellKnownSidName('S-1-5-21-7-8-9-1001')).toBeUndefined();
    expect(wellKnownSidName('S-1-5-21-7-8-512')).toBeUndefined();
    expect(wellKnownSidName('toString')).toBeUndefined();
  });

  it('of every alias exist', () => {
    for (const [, text] of ALIASES) expect(wellKnownSidName(fullSid(text)), text).toBeDefined();
  });

  it.each(['TrustedInstaller', 'DPS', 'WdiServiceHost'])('of the service %s belong to the SID that MS-LSAT computes from it', (service) => {
    const hash = createHash('sha1').update(service.toUpperCase(), 'utf16le').digest();
    const rids = [0, 4, 8, 12, 16].map((at) => hash.readUInt32LE(at));
    expect(wellKnownSidName(`S-1-5-80-${rids.join('-')}`)).toBe(`NT SERVICE\\${service}`);
  });
});
