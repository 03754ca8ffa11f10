import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '../../src/errors/index.js';
import {
  AceType,
  buildSecurityDescriptor,
  parseSecurityDescriptor,
  securityDescriptorFromSddl,
  securityDescriptorToSddl,
  SecurityDescriptorControl as Control,
  sidFromString,
  type Ace,
  type KnownAce,
  type SecurityDescriptor,
} from '../../src/security/index.js';
import { UNKNOWN_TYPES } from './support/descriptors.js';
import { context, DOMAIN, sddlAce, sddlDescriptor } from './support/sddl-descriptors.js';

const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const system = sidFromString('S-1-5-18');

/** The only ACE of a DACL. */
function aceOf(text: string): KnownAce {
  const { dacl } = securityDescriptorFromSddl(`D:${text}`, context);
  expect(dacl?.aces.length).toBe(1);
  return dacl?.aces[0] as KnownAce;
}
const textOf = (ace: Ace): string => securityDescriptorToSddl({ control: 0, dacl: { aces: [ace] } }, context).slice('D:'.length);
const again = (text: string): string => securityDescriptorToSddl(securityDescriptorFromSddl(text, context), context);

describe('SDDL', () => {
  it('of generated descriptors gives the same bytes again, and the same text', () => {
    fc.assert(
      fc.property(sddlDescriptor(sddlAce, true), fc.boolean(), (sd, aliases) => {
        const bytes = buildSecurityDescriptor(sd);
        const text = securityDescriptorToSddl(bytes, { ...context, aliases });
        const read = securityDescriptorFromSddl(text, context);
        expect(hex(buildSecurityDescriptor(read)), text).toBe(hex(bytes));
        expect(securityDescriptorToSddl(read, { ...context, aliases })).toBe(text);
        expect(securityDescriptorToSddl(sd, { ...context, aliases })).toBe(text);
      }),
      runs,
    );
  });

  it('of the example of MS-DTYP gives its bytes', () => {
    const text = 'O:BAG:BAD:P(A;CIOI;GRGX;;;BU)(A;CIOI;GA;;;BA)(A;CIOI;GA;;;SY)(A;CIOI;GA;;;CO)S:P(AU;FA;GR;;;WD)';
    expect(hex(buildSecurityDescriptor(securityDescriptorFromSddl(text)))).toBe(
      '010014b090000000a0000000140000003000000002001c0001000000028014000000008001010000000000010000000002006000' +
        '0400000000031800000000a00102000000000005200000002102000000031800000000100102000000000005200000002002000000031400' +
        '00000010010100000000000512000000000314000000001001010000000000030000000001020000000000052000000020020000' +
        '01020000000000052000000020020000',
    );
    expect(again(text)).toBe('O:BAG:BAD:P(A;OICI;GXGR;;;BU)(A;OICI;GA;;;BA)(A;OICI;GA;;;SY)(A;OICI;GA;;;CO)S:P(AU;FA;GR;;;WD)');
  });

  it('of Microsoft’s page “Security Descriptor String Format” means what is said there', () => {
    const first = securityDescriptorFromSddl('O:AOG:DAD:(A;;RPWPCCDCLCSWRCWDWOGA;;;S-1-0-0)', context);
    expect(first).toMatchObject({
      control: Control.SELF_RELATIVE | Control.DACL_PRESENT,
      owner: sidFromString('S-1-5-32-548'),
      group: sidFromString(`${DOMAIN}-512`),
      dacl: { revision: 2, aces: [{ type: 0, flags: 0, mask: 0x100e003f, sid: sidFromString('S-1-0-0') }] },
    });
    const second = securityDescriptorFromSddl(
      `O:DAG:DAD:(A;;RPWPCCDCLCRCWOWDSDSW;;;SY)
      (A;;RPWPCCDCLCRCWOWDSDSW;;;DA)
      (OA;;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;;AO)
      (OA;;CCDC;bf967a9c-0de6-11d0-a285-00aa003049e2;;AO)
      (OA;;CCDC;6da8a4ff-0e52-11d0-a286-00aa003049e2;;AO)
      (OA;;CCDC;bf967aa8-0de6-11d0-a285-00aa003049e2;;PO)
      (A;;RPLCRC;;;AU)S:(AU;SAFA;WDWOSDWPCCDCSW;;;WD)`,
      context,
    );
    expect(second).toMatchObject({ control: 0x8014, dacl: { revision: 4 }, sacl: { revision: 2, aces: [{ flags: 0xc0, mask: 0xd002b }] } });
    expect(second.dacl?.aces.map((ace) => (ace as KnownAce).mask)).toEqual([0xf003f, 0xf003f, 3, 3, 3, 3, 0x20014]);
    expect(second.dacl?.aces[2]).toMatchObject({ type: 5, objectType: 'bf967aba-0de6-11d0-a285-00aa003049e2' });
    const bytes = buildSecurityDescriptor(second);
    // The page says 0x104 for the DACL of a domain with three numbers and 0x1c for the SACL.
    expect(Buffer.from(bytes).readUInt16LE(0x14 + 2)).toBe(0x1c);
    expect(Buffer.from(bytes).readUInt16LE(0x30 + 2)).toBe(0x104);
  });

  it.each([
    ['D:', { dacl: { aces: [] } }],
    ['D:P', { control: Control.DACL_PROTECTED }],
    ['D:PARAI', { control: Control.DACL_PROTECTED | Control.DACL_AUTO_INHERIT_REQ | Control.DACL_AUTO_INHERITED }],
    ['S:PARAI', { control: Control.SACL_PROTECTED | Control.SACL_AUTO_INHERIT_REQ | Control.SACL_AUTO_INHERITED }],
    ['D:NO_ACCESS_CONTROL', { dacl: null }],
    ['S:AINO_ACCESS_CONTROL', { sacl: null, control: Control.SACL_AUTO_INHERITED }],
    ['O:SYG:SYD:S:', { owner: system, group: system, dacl: { aces: [] }, sacl: { aces: [] } }],
    ['', {}],
  ])('%j is read and written', (text, expected) => {
    const { control: flags = 0, ...parts } = expected as Partial<SecurityDescriptor>;
    const sd = securityDescriptorFromSddl(text);
    expect(sd).toMatchObject(parts);
    expect(sd.control & 0x3f00).toBe(flags);
    expect(sd.control & Control.DACL_PRESENT).toBe(text.includes('D:') ? Control.DACL_PRESENT : 0);
    expect(sd.control & Control.SACL_PRESENT).toBe(text.includes('S:') ? Control.SACL_PRESENT : 0);
    expect(securityDescriptorToSddl(sd)).toBe(text);
    expect(securityDescriptorToSddl(buildSecurityDescriptor(sd))).toBe(text);
  });

  it('can be read in another order, with white space and in small letters', () => {
    expect(again(' s:p\n( au ; sa fa ; gr ; ; ; wd )\td: ai ( a ; oici ; fa ; ; ; s-1-5-18 ) g:sy o:ba '.replace('sa fa', 'safa'))).toBe(
      'O:BAG:SYD:AI(A;OICI;FA;;;SY)S:P(AU;SAFA;GR;;;WD)',
    );
  });

  it('of some parts only has no others', () => {
    const sd = securityDescriptorFromSddl('O:BAG:SYD:(A;;FA;;;SY)S:(AU;SA;FA;;;WD)');
    expect(securityDescriptorToSddl(sd, { parts: ['dacl', 'owner'] })).toBe('O:BAD:(A;;FA;;;SY)');
    expect(securityDescriptorToSddl(sd, { parts: [] })).toBe('');
  });

  it('of a SID with a large authority ends where the next part begins', () => {
    expect(again('O:S-1-0xabcdefabcdefD:(A;;FA;;;S-1-0xabcdefabcdef-7)')).toBe('O:S-1-0xabcdefabcdefD:(A;;FA;;;S-1-0xabcdefabcdef-7)');
  });
});

describe('an ACE in SDDL', () => {
  it.each([
    ['A', 0],
    ['D', 1],
    ['AU', 2],
    ['AL', 3],
    ['OA', 5],
    ['OD', 6],
    ['OU', 7],
    ['OL', 8],
    ['XA', 9],
    ['XD', 0x0a],
    ['ZA', 0x0b],
    ['XU', 0x0d],
    ['ML', 0x11],
    ['RA', 0x12],
    ['SP', 0x13],
    ['TL', 0x14],
    ['FL', 0x15],
  ])('of type %s has the number %d', (word, type) => {
    expect(aceOf(`(${word};;;;;WD)`)).toEqual({ type, flags: 0, mask: 0, sid: sidFromString('S-1-1-0') });
    expect(textOf(aceOf(`(${word};;;;;WD)`))).toBe(`(${word};;;;;WD)`);
  });

  it.each([
    ['OI', 1],
    ['CI', 2],
    ['NP', 4],
    ['IO', 8],
    ['ID', 0x10],
    ['CR', 0x20],
    ['SA', 0x40],
    ['FA', 0x80],
    ['OICINPIOIDCRSAFA', 0xff],
  ])('with flags %s has the bits %d', (word, flags) => {
    expect(aceOf(`(A;${word};;;;WD)`).flags).toBe(flags);
    expect(textOf(aceOf(`(A;${word};;;;WD)`))).toBe(`(A;${word};;;;WD)`);
  });

  it('of an access filter calls bit 0x40 TP', () => {
    expect(aceOf('(FL;TP;;;;WD)').flags).toBe(0x40);
    expect(textOf(aceOf('(FL;SA;;;;WD)'))).toBe('(FL;TP;;;;WD)');
  });

  it.each([
    ['CC', 0x1],
    ['DC', 0x2],
    ['LC', 0x4],
    ['SW', 0x8],
    ['RP', 0x10],
    ['WP', 0x20],
    ['DT', 0x40],
    ['LO', 0x80],
    ['CR', 0x100],
    ['SD', 0x10000],
    ['RC', 0x20000],
    ['WD', 0x40000],
    ['WO', 0x80000],
    ['GA', 0x10000000],
    ['GX', 0x20000000],
    ['GW', 0x40000000],
    ['GR', 0x80000000],
    ['FA', 0x1f01ff],
    ['FR', 0x120089],
    ['FW', 0x120116],
    ['FX', 0x1200a0],
    ['KA', 0xf003f],
    ['KR', 0x20019],
    ['KW', 0x20006],
    ['CCDCLCSWRPWPDTLOCRSDRCWDWOGAGXGWGR', 0xf00f01ff],
    ['', 0],
    ['0x1200a9', 0x1200a9],
    ['0xffffffff', 0xffffffff],
  ])('with rights %s has the mask %d', (word, mask) => {
    expect(aceOf(`(A;;${word};;;WD)`).mask).toBe(mask);
    expect(textOf(aceOf(`(A;;${word};;;WD)`))).toBe(`(A;;${word};;;WD)`);
  });

  it.each([
    ['KX', 0x20019],
    ['FRFW', 0x12019f],
    ['NWNRNX', 7],
    ['17', 17],
    ['0120', 0o120],
    ['0', 0],
    ['0X1F', 0x1f],
    ['4294967295', 0xffffffff],
  ])('with rights %s is read as the mask %d', (word, mask) => {
    expect(aceOf(`(A;;${word};;;WD)`).mask).toBe(mask);
  });

  it('of a mandatory label has rights of its own', () => {
    const labels = {
      control: 0,
      sacl: { aces: [1, 2, 4, 7, 8].map((mask) => ({ type: 0x11, flags: 0, mask, sid: sidFromString('S-1-16-4096') })) },
    };
    expect(securityDescriptorToSddl(labels)).toBe('S:(ML;;NW;;;LW)(ML;;NR;;;LW)(ML;;NX;;;LW)(ML;;NWNRNX;;;LW)(ML;;0x8;;;LW)');
  });

  it('of an object type keeps which GUIDs are there', () => {
    const [a, b] = ['bf967aba-0de6-11d0-a285-00aa003049e2', 'ab721a53-1e2f-11d0-9819-00aa0040529b'];
    for (const text of [`(OA;;CR;${a};;WD)`, `(OA;;CR;;${b};WD)`, `(OD;CI;CR;${a};${b};WD)`, '(OA;;CR;;;WD)'])
      expect(textOf(aceOf(text))).toBe(text);
    expect(aceOf(`(OA;;CR;${a.toUpperCase()};${b};WD)`)).toMatchObject({ objectType: a, inheritedObjectType: b });
  });

  it.each<[string, Ace, string]>([
    ['unknown types', { type: UNKNOWN_TYPES[0] ?? 0, flags: 0, body: new Uint8Array(0) }, 'no word for ACEs of type 4'],
    [
      'types without a word',
      { type: AceType.ACCESS_DENIED_CALLBACK_OBJECT, flags: 0, mask: 0, sid: system },
      'no word for ACEs of type 12',
    ],
    [
      'callback data of another kind',
      { type: AceType.ACCESS_ALLOWED_CALLBACK, flags: 0, mask: 0, sid: system, applicationData: new Uint8Array(4) },
      'the data of a callback ACE is no conditional expression',
    ],
  ])('cannot be written: %s', (_name, ace, problem) => {
    const write = (): unknown =>
      securityDescriptorToSddl({ control: 0, sacl: { aces: [{ type: 2, flags: 0, mask: 0, sid: system }, ace] } });
    expect(write).toThrow(expect.objectContaining({ code: 'FORMAT_UNSUPPORTED', message: `SDDL of the SACL, ACE 1: ${problem}` }));
  });
});

describe('SDDL that cannot be understood', () => {
  it.each([
    ['X:SY', 0, 'FORMAT_STRUCTURE', 'expected O:, G:, D: or S:'],
    ['O', 0, 'FORMAT_STRUCTURE', 'expected O:, G:, D: or S:'],
    ['O:', 2, 'FORMAT_STRUCTURE', 'expected a SID'],
    ['O:S-1-', 2, 'FORMAT_STRUCTURE', 'expected a SID'],
    ['O:SYX', 4, 'FORMAT_STRUCTURE', 'expected O:'],
    ['O:SYO:SY', 4, 'FORMAT_STRUCTURE', 'the owner stands twice'],
    ['D:D:', 2, 'FORMAT_STRUCTURE', 'the dacl stands twice'],
    ['D:Q', 2, 'FORMAT_STRUCTURE', 'expected O:'],
    ['D:NO_ACCESS_CONTROL(A;;FA;;;WD)', 19, 'FORMAT_STRUCTURE', 'expected O:'],
    ['D:(', 3, 'FORMAT_STRUCTURE', 'expected ;'],
    ['D:(Q;;FA;;;WD)', 3, 'FORMAT_STRUCTURE', 'no ACE type is called "Q"'],
    ['D:(A;OIC;FA;;;WD)', 7, 'FORMAT_STRUCTURE', 'no ACE flag is called "C"'],
    ['D:(A;OI CI;FA;;;WD)', 7, 'FORMAT_STRUCTURE', 'no ACE flag is called " C"'],
    ['D:(A;;FAZZ;;;WD)', 8, 'FORMAT_STRUCTURE', 'no right is called "ZZ"'],
    ['D:(A;;0xg;;;WD)', 7, 'FORMAT_STRUCTURE', 'a number ends before this'],
    ['D:(A;;09;;;WD)', 6, 'FORMAT_STRUCTURE', 'a number with a leading zero is octal'],
    ['D:(A;;-1;;;WD)', 6, 'FORMAT_STRUCTURE', 'no right is called "-1"'],
    ['D:(A;;0x100000000;;;WD)', 6, 'FORMAT_RANGE', 'rights take 32 bits'],
    ['D:(A;;99999999999999999999;;;WD)', 6, 'FORMAT_RANGE', 'the number does not fit 64 bits'],
    ['D:(A;;FA;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)', 9, 'FORMAT_STRUCTURE', 'an ACE of this type has no GUIDs'],
    ['D:(OA;;FA;;bf967aba;WD)', 11, 'FORMAT_STRUCTURE', 'expected a GUID'],
    ['D:(A;;FA;;WD)', 12, 'FORMAT_STRUCTURE', 'expected ;'],
    ['D:(A;;FA;;;)', 11, 'FORMAT_STRUCTURE', 'expected a SID'],
    ['D:(A;;FA;;;WD', 13, 'FORMAT_STRUCTURE', 'expected )'],
    ['D:(A;;FA;;;WDBA)', 13, 'FORMAT_STRUCTURE', 'expected )'],
    ['D:(A;;FA;;;WD;(a))', 13, 'FORMAT_STRUCTURE', 'an ACE of this type ends behind its SID'],
    ['D:(A;;FA;;;DA)', 11, 'FORMAT_UNSUPPORTED', 'what DA stands for depends on the SID of the domain, which is not known'],
  ])('%s: character %d', (text, offset, code, problem) => {
    const read = (): unknown => securityDescriptorFromSddl(text);
    expect(read).toThrow(expect.objectContaining({ code, details: { text, offset } }));
    expect(read).toThrow(`SDDL at character ${String(offset)} (`);
    expect(read).toThrow(problem);
  });

  it('gives a value or an error, whatever is changed in it', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.nat(3),
      fc.oneof(fc.constantFrom(...'()[]{};:,"#%!&|=<>@.-0SDOGAx \n'.split('')), fc.string({ maxLength: 3 })),
    );
    fc.assert(
      fc.property(sddlDescriptor(sddlAce, true), fc.array(change, { minLength: 1, maxLength: 4 }), (sd, changes) => {
        let text = securityDescriptorToSddl(sd, context);
        for (const [where, cut, put] of changes) {
          const at = where % (text.length + 1);
          text = text.slice(0, at) + put + text.slice(at + cut);
        }
        try {
          const read = securityDescriptorFromSddl(text, context);
          expect(parseSecurityDescriptor(buildSecurityDescriptor(read)).control).toBe(read.control);
        } catch (error) {
          if (!isWinbackError(error)) throw error;
          expect(error.code).toMatch(/^FORMAT_/);
        }
      }),
      runs,
    );
  });

  it.each(['(', '!', 'a&&', '{', '"', '%', 'D:', '(A;;FA;;;WD)', 'S-1-5-1-', '0'])(
    'and is very long (%s) is refused at once',
    (piece) => {
      for (const prefix of ['', 'D:', 'D:(XA;;FA;;;WD;(', 'S:(RA;;;;;WD;("', 'O:S-1-5-']) {
        try {
          securityDescriptorFromSddl(prefix + piece.repeat(50_000));
        } catch (error) {
          if (!isWinbackError(error)) throw error;
        }
      }
    },
    60_000,
  );
});
