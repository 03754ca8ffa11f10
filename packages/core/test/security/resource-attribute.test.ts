import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '../../src/errors/index.js';
import {
  buildResourceAttribute,
  buildSid,
  ClaimValueType,
  parseResourceAttribute,
  securityDescriptorFromSddl,
  securityDescriptorToSddl,
  sidFromString,
  type KnownAce,
} from '../../src/security/index.js';
import { resourceAttribute } from './support/sddl-descriptors.js';

const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) };
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const everyone = sidFromString('S-1-1-0');

const dataOf = (attribute: string): Uint8Array =>
  (securityDescriptorFromSddl(`S:(RA;;;;;WD;(${attribute}))`).sacl?.aces[0] as KnownAce).applicationData ?? new Uint8Array(0);
const textOf = (applicationData: Uint8Array): string =>
  securityDescriptorToSddl({ control: 0, sacl: { aces: [{ type: 0x12, flags: 0, mask: 0, sid: everyone, applicationData }] } }).slice(
    'S:(RA;;;;;WD;('.length,
    -2,
  );

describe('a resource attribute', () => {
  it('of Microsoft’s page “ACE Strings” means what is said there', () => {
    const sd = securityDescriptorFromSddl(
      'S:(RA;CI;;;;S-1-1-0; ("Project",TS,0,"Windows","SQL")) \n(RA;CI;;;;S-1-1-0; ("Secrecy",TU,0,3))',
    );
    const aces = sd.sacl?.aces as readonly KnownAce[];
    expect(aces.map(({ type, flags, mask, sid }) => ({ type, flags, mask, sid }))).toEqual([
      { type: 0x12, flags: 2, mask: 0, sid: everyone },
      { type: 0x12, flags: 2, mask: 0, sid: everyone },
    ]);
    expect(aces.map((ace) => parseResourceAttribute(ace.applicationData ?? new Uint8Array(0)))).toEqual([
      { name: 'Project', valueType: ClaimValueType.STRING, flags: 0, values: ['Windows', 'SQL'] },
      { name: 'Secrecy', valueType: ClaimValueType.UINT64, flags: 0, values: [3n] },
    ]);
    expect(securityDescriptorToSddl(sd)).toBe('S:(RA;CI;;;;WD;("Project",TS,0x0,"Windows","SQL"))(RA;CI;;;;WD;("Secrecy",TU,0x0,3))');
  });

  it('has its offsets from its own start', () => {
    expect(hex(dataOf('"ab",TU,0x10001,1,2'))).toBe(
      '18000000 0200 0000 01000100 02000000 20000000 28000000 610062000000 0000 0100000000000000 0200000000000000'.replaceAll(' ', ''),
    );
  });

  it.each([
    '"i",TI,0x0,-9223372036854775808,9223372036854775807',
    '"u",TU,0x0,0,18446744073709551615',
    '"s",TS,0x2,"","Ünï cödé; (x)"',
    '"d",TD,0x0,BA,S-1-5-21-1-2-3-4',
    '"x",TX,0x0,#,#00ff',
    '"b",TB,0x20,0,1',
    '"empty",TI,0xffff0000',
    '"a%0020b%0022",TI,0x0,1',
  ])('%s is read and written', (text) => {
    expect(textOf(dataOf(text))).toBe(text);
  });

  it('may have numbers in hexadecimal and octal', () => {
    expect(textOf(dataOf(' "n" , ti , 16 , 0x10 , 020 , -0x1 '))).toBe('"n",TI,0x10,16,16,-1');
  });

  it('made of bytes comes back the same', () => {
    fc.assert(
      fc.property(resourceAttribute, (data) => {
        expect(hex(dataOf(textOf(data)))).toBe(hex(data));
        expect(hex(buildResourceAttribute(parseResourceAttribute(data)))).toBe(hex(data));
      }),
      runs,
    );
  });

  it.each([
    ['', 14],
    ['"",TI,0', 15],
    ['"a"', 17],
    ['"a",TQ,0', 18],
    ['"a",TI', 20],
    ['"a",TI,-1', 21],
    ['"a",TI,0x100000000', 21],
    ['"a",TI,0,9223372036854775808', 23],
    ['"a",TU,0,-1', 23],
    ['"a",TB,0,2', 23],
    ['"a",TS,0,x', 23],
    ['"a",TD,0,QQ', 23],
    ['"a",TX,0,01', 23],
    ['"a%",TI,0', 16],
    ['"a",TI,0,', 23],
    ['"a",TI,0 1', 23],
  ])('that is wrong (%s) is refused at character %d', (attribute, offset) => {
    const text = `S:(RA;;;;;WD;(${attribute}))`;
    expect(() => securityDescriptorFromSddl(text)).toThrow(expect.objectContaining({ details: { text, offset } }));
  });

  const good = dataOf('"ab",TS,0,"cd","ef"');
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = good.slice();
    bytes[at] = value;
    return bytes;
  };
  it.each([
    ['more values than fit', changed(0x0f, 0x80), 'FORMAT_SHORT', 'valueCount'],
    ['a name outside', changed(0x03, 0x80), 'FORMAT_SHORT', 'a text has no NUL'],
    ['a value outside', changed(0x13, 0x80), 'FORMAT_SHORT', 'a text has no NUL'],
    ['an undocumented type', changed(0x04, 4), 'FORMAT_UNSUPPORTED', 'valueType'],
    ['a text without its NUL', good.slice(0, -4), 'FORMAT_SHORT', 'a text has no NUL'],
    ['integers outside', buildInteger(0x30), 'FORMAT_SHORT', 'values at byte 0x30'],
    ['octets outside', buildOctets(5), 'FORMAT_SHORT', 'values at byte 0x24: needs 5 bytes, 4 left'],
  ])('whose bytes are wrong (%s) is refused with the place', (_name, data, code, field) => {
    expect(() => parseResourceAttribute(data)).toThrow(expect.objectContaining({ code }));
    expect(() => parseResourceAttribute(data)).toThrow(field);
  });

  it('whose values share bytes does not make them many', () => {
    const count = 4000;
    const bytes = Buffer.alloc(16 + 4 * count + 2000, 'a');
    bytes.writeUInt16LE(0, bytes.length - 2);
    bytes.writeUInt32LE(16 + 4 * count, 0);
    bytes.writeUInt16LE(ClaimValueType.STRING, 4);
    bytes.writeUInt32LE(count, 12);
    for (let i = 0; i < count; i++) bytes.writeUInt32LE(16 + 4 * count, 16 + 4 * i);
    expect(() => parseResourceAttribute(bytes)).toThrow('values overlap');
  });

  it.each([
    ['Booleans over 1', buildInteger(0x20, ClaimValueType.BOOLEAN, 2), 'FORMAT_UNSUPPORTED'],
    [
      'a SID with bytes behind it',
      buildResourceAttribute({ name: 'n', valueType: 5, flags: 0, values: [new Uint8Array([...buildSid(everyone), 0])] }),
      'FORMAT_STRUCTURE',
    ],
    ['a double quote', buildResourceAttribute({ name: 'n', valueType: 3, flags: 0, values: ['"'] }), 'FORMAT_UNSUPPORTED'],
  ])('that SDDL cannot say (%s) is refused', (_name, data, code) => {
    expect(() => textOf(data)).toThrow(expect.objectContaining({ code }));
  });

  it('whose values do not fit its type is not written', () => {
    for (const [valueType, value] of [
      [1, 1n << 63n],
      [2, -1n],
      [3, 1n],
      [3, 'a\0'],
      [5, 'S-1-1-0'],
      [6, 'x'],
      [0x10, 1n],
      [4, 'x'],
    ] as const)
      expect(() => buildResourceAttribute({ name: 'n', valueType, flags: 0, values: [value] })).toThrow(
        expect.objectContaining({ code: 'FORMAT_RANGE' }),
      );
  });

  it('cut or changed anywhere gives a value or an error', () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(resourceAttribute, change, fc.nat(8), (data, changes, cut) => {
        const bytes = data.slice(0, data.length - cut);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          textOf(bytes);
        } catch (error) {
          if (!isWinbackError(error)) throw error;
        }
      }),
      runs,
    );
  });
});

/** One integer value at `offset`, where there are 8 bytes only at 0x20. */
function buildInteger(offset: number, valueType: number = ClaimValueType.UINT64, value = 1): Uint8Array {
  const bytes = Buffer.alloc(0x28);
  bytes.writeUInt32LE(0x18, 0);
  bytes.writeUInt16LE(valueType, 4);
  bytes.writeUInt32LE(1, 12);
  bytes.writeUInt32LE(offset, 16);
  bytes.write('n', 0x18, 'utf16le');
  bytes.writeUInt32LE(value, 0x20);
  return new Uint8Array(bytes);
}

/** One octet string at 0x20 that claims `length` of the 4 bytes that are there. */
function buildOctets(length: number): Uint8Array {
  return buildInteger(0x20, ClaimValueType.OCTET_STRING, length);
}
