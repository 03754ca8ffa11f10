import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '../../src/errors/index.js';
import { securityDescriptorFromSddl, securityDescriptorToSddl, sidFromString, type KnownAce } from '../../src/security/index.js';
import { condition } from './support/sddl-descriptors.js';

const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) };
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const everyone = sidFromString('S-1-1-0');

const dataOf = (expression: string): Uint8Array | undefined =>
  (securityDescriptorFromSddl(`D:(XA;;FX;;;WD;(${expression}))`).dacl?.aces[0] as KnownAce).applicationData;
const textOf = (applicationData: Uint8Array): string =>
  securityDescriptorToSddl({ control: 0, dacl: { aces: [{ type: 9, flags: 0, mask: 0, sid: everyone, applicationData }] } }).slice(
    'D:(XA;;;;;WD;('.length,
    -2,
  );
const again = (expression: string): string => textOf(dataOf(expression) ?? new Uint8Array(0));
const artx = (...bytes: readonly number[]): Uint8Array => Uint8Array.of(0x61, 0x72, 0x74, 0x78, ...bytes);

describe('a conditional expression', () => {
  it.each([
    // The three examples of MS-DTYP 2.4.4.17.9.
    ['(Title=="VP")', '61727478 f80a000000 5400690074006c006500 1004000000 56005000 80 000000', 'Title == "VP"'],
    [
      '(@User.smartcard==1 || @Device.managed==1) && (@Resource.dept Any_of{"Sales","HR"})',
      `61727478 f912000000 73006d00610072007400630061007200 6400 04 0100000000000000 03 02 80
       fb0e000000 6d0061006e006100670065006400 04 0100000000000000 03 02 80 a1 fa08000000 6400650070007400
       5018000000 100a000000 530061006c0065007300 1004000000 48005200 88 a0 00`,
      '(@User.smartcard == 1 || @Device.managed == 1) && @Resource.dept Any_of {"Sales", "HR"}',
    ],
    [
      '(@User.clearanceLevel>=@Resource.requiredClearance) || (Member_of{SID(BA)})',
      `61727478 f91c000000 63006c0065006100720061006e00630065004c006500760065006c00
       fa22000000 7200650071007500690072006500640043006c0065006100720061006e0063006500 85
       5015000000 5110000000 01020000000000052000000020020000 89 a1 000000`,
      '@User.clearanceLevel >= @Resource.requiredClearance || Member_of {SID(BA)}',
    ],
  ])('%s has the bytes of MS-DTYP', (expression, bytes, text) => {
    expect(hex(dataOf(expression))).toBe(bytes.replace(/\s/g, ''));
    expect(again(expression)).toBe(text);
  });

  it.each([
    ['-1', '04 ffffffffffffffff 02 02'],
    ['+017', '04 0f00000000000000 01 01'],
    ['0x1F', '04 1f00000000000000 03 03'],
    ['-9223372036854775808', '04 0000000000000080 02 02'],
    ['0xffffffffffffffff', '04 ffffffffffffffff 03 03'],
    ['#1#2#3##', '1804000000 01020300'],
    ['#', '1800000000'],
    ['#abc', '1802000000 0abc'],
    ['""', '1000000000'],
    ['{}', '5000000000'],
    ['SID(WD)', '510c000000 010100000000000100000000'],
  ])('with the literal %s has its token', (literal, bytes) => {
    const data = hex(dataOf(`a == ${literal}`));
    expect(data).toContain(`f8020000006100${bytes.replace(/\s/g, '')}80`);
    expect(hex(dataOf(again(`a == ${literal}`)))).toBe(data);
  });

  it.each([
    ['==', 0x80],
    ['!=', 0x81],
    ['<', 0x82],
    ['<=', 0x83],
    ['>', 0x84],
    ['>=', 0x85],
    ['Contains', 0x86],
    ['Any_of', 0x88],
    ['Not_Contains', 0x8e],
    ['Not_Any_of', 0x8f],
  ])('with the operator %s has its byte code', (word, code) => {
    expect(hex(dataOf(`a ${word.toUpperCase()} @User.b`))).toBe(`61727478f8020000006100f9020000006200${code.toString(16)}00`);
    expect(again(`a ${word.toLowerCase()} @USER.b`)).toBe(`a ${word} @User.b`);
  });

  it.each([
    ['Member_of', 0x89],
    ['Device_Member_of', 0x8a],
    ['Member_of_Any', 0x8b],
    ['Device_Member_of_Any', 0x8c],
    ['Not_Member_of', 0x90],
    ['Not_Device_Member_of', 0x91],
    ['Not_Member_of_Any', 0x92],
    ['Not_Device_Member_of_Any', 0x93],
  ])('with the operator %s has its byte code', (word, code) => {
    expect(hex(dataOf(`${word.toLowerCase()}{SID(S-1-5-18), SID(WD)}`))).toContain(`01000000 00`.replace(' ', '') + code.toString(16));
    expect(again(`${word} {SID(SY), SID(WD)}`)).toBe(`${word} {SID(SY), SID(WD)}`);
    expect(again(`${word} SID(SY)`)).toBe(`${word} SID(SY)`);
  });

  it.each([
    ['a && b && c', 'a && b && c'],
    ['a && (b && c)', 'a && (b && c)'],
    ['(a || b) && c', '(a || b) && c'],
    ['a || b && c', 'a || b && c'],
    ['a || (b || c)', 'a || (b || c)'],
    ['((((a))))', 'a'],
    ['!a', '!a'],
    ['!!a', '!!a'],
    ['!(a == 1)', '!(a == 1)'],
    ['!a == 1', '!(a == 1)'],
    ['!(a && b) || c', '!(a && b) || c'],
    ['exists @Device.x && Not_exists y', 'Exists @Device.x && Not_Exists y'],
    ['@User.a%0020b == 1', '@User.a%0020b == 1'],
    ['@Resource.ä{#}$ Contains {1,-0x2,"x y"}', '@Resource.ä{#}$ Contains {1, -0x2, "x y"}'],
    ['%0045xists == 1', '%0045xists == 1'],
    ['Any_of Any_of @User.Any_of', 'Any_of Any_of @User.Any_of'],
    ['a == %0031', 'a == %0031'],
    ['1 == 1', '1 == 1'],
  ])('%s keeps its meaning as %s', (expression, text) => {
    expect(again(expression)).toBe(text);
    expect(hex(dataOf(text))).toBe(hex(dataOf(expression)));
  });

  it('made of tokens comes back as the same bytes', () => {
    fc.assert(
      fc.property(condition, (data) => {
        const text = textOf(data);
        expect(hex(dataOf(text)), text).toBe(hex(data));
      }),
      runs,
    );
  });

  it('may nest as deep in bytes as in text', () => {
    const nested = (depth: number): string => '!'.repeat(depth) + 'a';
    expect(again(nested(200))).toBe(nested(200));
    expect(again(`${'('.repeat(200)}a${')'.repeat(200)}`)).toBe('a');
    expect(() => dataOf(nested(201))).toThrow('the condition nests too deep');
    const tooDeep = artx(0xf8, 2, 0, 0, 0, 0x61, 0, ...Array<number>(30_000).fill(0xa2), 0);
    expect(() => textOf(tooDeep)).toThrow(expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }));
    const chain = Array(5000).fill('a').join(' && ');
    expect(again(chain)).toBe(chain);
  });

  it.each([
    ['', 16],
    ['a ==', 20],
    ['a == b c', 23],
    ['a == {1,}', 24],
    ['a == {1 2}', 24],
    ['a == "x', 21],
    ['a == 08', 21],
    ['a == 18446744073709551616', 21],
    ['a == -9223372036854775809', 21],
    ['a == {{1}}', 22],
    ['== 1', 16],
    ['"a" == 1', 16],
    ['Member_of {1}', 25],
    ['Member_of a', 26],
    ['@Other.a', 16],
    ['@User.', 22],
    ['@User.a%12', 23],
    ['@User.a%0000', 23],
    ['a && ', 21],
    ['a & b', 18],
    ['(a', 20],
  ])('that is wrong (%s) is refused at character %d', (expression, offset) => {
    const text = `D:(XA;;FX;;;WD;(${expression}))`;
    expect(() => securityDescriptorFromSddl(text)).toThrow(expect.objectContaining({ details: { text, offset } }));
  });

  const a = [0xf8, 2, 0, 0, 0, 0x61, 0] as const;
  it.each([
    ['nothing', artx(), 'FORMAT_STRUCTURE'],
    ['only padding', artx(0, 0, 0, 0), 'FORMAT_STRUCTURE'],
    ['two expressions', artx(...a, ...a), 'FORMAT_STRUCTURE'],
    ['a literal alone', artx(0x10, 0, 0, 0, 0), 'FORMAT_STRUCTURE'],
    ['an operator without operands', artx(0xa0), 'FORMAT_STRUCTURE'],
    ['AND with one operand', artx(...a, 0xa0), 'FORMAT_STRUCTURE'],
    ['AND of a literal', artx(...a, 0x10, 0, 0, 0, 0, 0xa0), 'FORMAT_STRUCTURE'],
    ['NOT of a literal', artx(0x10, 0, 0, 0, 0, 0xa2), 'FORMAT_STRUCTURE'],
    ['a comparison with its literal first', artx(0x10, 0, 0, 0, 0, ...a, 0x80), 'FORMAT_STRUCTURE'],
    ['Exists of an expression', artx(...a, 0xa2, 0x87), 'FORMAT_STRUCTURE'],
    ['Member_of a string', artx(0x10, 0, 0, 0, 0, 0x89), 'FORMAT_STRUCTURE'],
    ['an unknown token', artx(...a, 0x70), 'FORMAT_STRUCTURE'],
    ['bytes behind the padding', artx(...a, 0, 0xa2), 'FORMAT_STRUCTURE'],
    ['a list in a list', artx(...a, 0x50, 5, 0, 0, 0, 0x50, 0, 0, 0, 0, 0x80), 'FORMAT_STRUCTURE'],
    ['a string longer than the data', artx(...a, 0x10, 0xff, 0xff, 0xff, 0xff), 'FORMAT_SHORT'],
    ['a string of odd length', artx(0xf8, 1, 0, 0, 0, 0x61), 'FORMAT_SHORT'],
    ['a cut integer', artx(...a, 4, 0, 0), 'FORMAT_SHORT'],
    ['a cut length', artx(...a, 0x18, 0), 'FORMAT_SHORT'],
    ['a literal that leaves its list', artx(...a, 0x50, 6, 0, 0, 0, 0x10, 2, 0, 0, 0, 0x61, 0, 0x80), 'FORMAT_SHORT'],
    ['a SID shorter than its token', artx(0x51, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0x89), 'FORMAT_STRUCTURE'],
    ['a name that is empty', artx(0xf8, 0, 0, 0, 0), 'FORMAT_UNSUPPORTED'],
    ['a string with a double quote', artx(...a, 0x10, 2, 0, 0, 0, 0x22, 0, 0x80), 'FORMAT_UNSUPPORTED'],
  ])('whose bytes are wrong (%s) is refused', (_name, data, code) => {
    expect(() => textOf(data)).toThrow(expect.objectContaining({ code }));
  });

  it('of smaller integers, or with a sign that its value contradicts, means the same', () => {
    const integer = (code: number, value: number, sign: number): Uint8Array => artx(...a, code, value, 0, 0, 0, 0, 0, 0, 0, sign, 2, 0x80);
    for (const code of [1, 2, 3]) expect(textOf(integer(code, 5, 3))).toBe('a == 5');
    expect(textOf(integer(4, 5, 2))).toBe('a == -5');
  });

  it('changed anywhere gives a text or an error', () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(condition, change, (data, changes) => {
        const bytes = data.slice();
        for (const [at, value] of changes) bytes[4 + (at % (bytes.length - 4))] = value;
        let text: string;
        try {
          text = textOf(bytes);
        } catch (error) {
          if (!isWinbackError(error)) throw error;
          return;
        }
        expect(again(text)).toBe(text);
      }),
      runs,
    );
  });
});
