import fc from 'fast-check';
import { buildSid, sidFromString, type KnownAce, type SecurityDescriptor, type Sid } from '../../../src/security/index.js';
import { defined, sid, u32, u8, withFlags } from './descriptors.js';

/** Descriptors that SDDL can say without loss, made without its help: conditions and resource attributes are put together here. */
export const DOMAIN = 'S-1-5-21-1-2-3';
export const context = { domainSid: DOMAIN, machineSid: DOMAIN, rootDomainSid: DOMAIN };

const aliased: fc.Arbitrary<Sid> = fc.oneof(
  fc.constantFrom('S-1-5-18', 'S-1-1-0', 'S-1-5-32-544', 'S-1-16-4096', 'S-1-3-0', 'S-1-5-84-0-0-0-0-0').map(sidFromString),
  fc.integer({ min: 490, max: 560 }).map((rid) => sidFromString(`${DOMAIN}-${String(rid)}`)),
);
export const trustee: fc.Arbitrary<Sid> = fc.oneof(sid, aliased);

const NAMED_BITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 19, 28, 29, 30, 31].map((bit) => 2 ** bit);
export const mask: fc.Arbitrary<number> = fc.oneof(
  u32,
  fc.subarray(NAMED_BITS).map((bits) => bits.reduce((sum, bit) => sum + bit, 0)),
  fc.constantFrom(0x1f01ff, 0x120089, 0x120116, 0x1200a0, 0xf003f, 0x20019, 0x20006),
);

const u32le = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
};
const withLength = (code: number, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(code), u32le(bytes.length), bytes]);
const padded = (bytes: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]));

/** Any UTF-16 units but those left out. */
const unitsWithout = (left: RegExp, minLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 1, max: 0xffff })), { minLength, maxLength: 8 })
    .map((units) => String.fromCharCode(...units).replace(left, 'x'));
const name = fc.oneof(unitsWithout(/\0/g, 1), fc.constantFrom('exists', 'Not_Member_of_Any', '@User.x', '1', 'SID', 'a@b', 'Any_of'));
const text = unitsWithout(/["\0]/g, 0);

const attribute = fc.tuple(fc.constantFrom(0xf8, 0xf9, 0xfa, 0xfb), name).map(([code, n]) => withLength(code, Buffer.from(n, 'utf16le')));
const integer = fc
  .tuple(fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))
  .map(([value, sign, base]) => {
    const out = Buffer.alloc(11);
    out.writeUInt8(4);
    out.writeBigInt64LE(sign === 2 ? -value : value, 1);
    out.writeUInt8(sign, 9);
    out.writeUInt8(base, 10);
    return out;
  });
const sidLiteral = trustee.map((value) => withLength(0x51, buildSid(value)));
const literal = fc.oneof(
  integer,
  text.map((t) => withLength(0x10, Buffer.from(t, 'utf16le'))),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => withLength(0x18, bytes)),
  sidLiteral,
);
const listOf = (element: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.array(element, { maxLength: 3 }).map((elements) => withLength(0x50, Buffer.concat(elements)));

const then = (code: number, ...operands: readonly Uint8Array[]): Buffer => Buffer.concat([...operands, Buffer.of(code)]);
const { condition: tokens } = fc.letrec<{ condition: Buffer; term: Buffer }>((tie) => ({
  term: fc.oneof(
    attribute,
    fc.tuple(fc.constantFrom(0x87, 0x8d), attribute).map(([code, a]) => then(code, a)),
    fc
      .tuple(fc.constantFrom(0x89, 0x8a, 0x8b, 0x8c, 0x90, 0x91, 0x92, 0x93), fc.oneof(sidLiteral, listOf(sidLiteral)))
      .map(([code, sids]) => then(code, sids)),
    fc
      .tuple(
        fc.constantFrom(0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x88, 0x8e, 0x8f),
        attribute,
        fc.oneof(literal, listOf(literal), attribute),
      )
      .map(([code, left, right]) => then(code, left, right)),
  ),
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('term'),
    tie('condition').map((inner) => then(0xa2, inner)),
    fc.tuple(fc.constantFrom(0xa0, 0xa1), tie('condition'), tie('condition')).map(([code, left, right]) => then(code, left, right)),
  ),
}));
/** The application data of a conditional ACE, put together as MS-DTYP 2.4.4.17 says. */
export const condition: fc.Arbitrary<Uint8Array> = tokens.map((bytes) => padded(Buffer.concat([Buffer.from('artx'), bytes])));

const int64 = (low: bigint, high: bigint): fc.Arbitrary<Uint8Array> =>
  fc.bigInt({ min: low, max: high }).map((value) => {
    const out = Buffer.alloc(8);
    out.writeBigUInt64LE(BigInt.asUintN(64, value));
    return out;
  });
const octets = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> => bytes.map((b) => Buffer.concat([u32le(b.length), b]));
const nulText = (t: string): Uint8Array => Buffer.from(`${t}\0`, 'utf16le');
const CLAIM_VALUES: readonly (readonly [type: number, value: fc.Arbitrary<Uint8Array>])[] = [
  [1, int64(-(1n << 63n), (1n << 63n) - 1n)],
  [2, int64(0n, (1n << 64n) - 1n)],
  [3, text.map(nulText)],
  [5, octets(trustee.map(buildSid))],
  [6, int64(0n, 1n)],
  [0x10, octets(fc.uint8Array({ maxLength: 6 }))],
];
/** The application data of a resource attribute ACE, put together as MS-DTYP 2.4.10.1 says. */
export const resourceAttribute: fc.Arbitrary<Uint8Array> = fc
  .constantFrom(...CLAIM_VALUES)
  .chain(([type, value]) => fc.tuple(fc.constant(type), name, u32, fc.array(value, { maxLength: 3 })))
  .map(([type, n, flags, values]) => {
    const parts = [nulText(n), ...values].map(padded);
    const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part.length, 16 + 4 * values.length));
    const [first = 0, ...offsets] = starts;
    return new Uint8Array(Buffer.concat([u32le(first), u32le(type), u32le(flags), u32le(values.length), ...offsets.map(u32le), ...parts]));
  });

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const common = { flags: u8, mask, sid: trustee };
const plainAce = fc.record({ type: fc.constantFrom(0, 1, 2, 3, 0x11, 0x13, 0x14), ...common });
const guids = { objectType: maybe(fc.uuid()), inheritedObjectType: maybe(fc.uuid()) };
const objectAce = fc.record({ type: fc.constantFrom(5, 6, 7, 8), ...common, ...guids });
const conditionalAce = fc.record({ type: fc.constantFrom(9, 0x0a, 0x0d, 0x15), ...common, applicationData: maybe(condition) });
const conditionalObjectAce = fc.record({ type: fc.constant(0x0b), ...common, ...guids, applicationData: maybe(condition) });
const attributeAce = fc.record({ type: fc.constant(0x12), ...common, applicationData: maybe(resourceAttribute) });

export const sddlAce = fc
  .oneof(plainAce, objectAce, conditionalAce, conditionalObjectAce, attributeAce)
  .map((value) => defined<object>(value) as KnownAce);

const OBJECT_TYPES = new Set([5, 6, 7, 8, 0x0b]);
const aclOf = (ace: fc.Arbitrary<KnownAce>) =>
  fc.array(ace, { maxLength: 5 }).map((aces) => ({ revision: aces.some(({ type }) => OBJECT_TYPES.has(type)) ? 4 : 2, aces }));
const DACL_FLAGS = 0x1500;
const SACL_FLAGS = 0x2a00;

export const sddlDescriptor = (ace: fc.Arbitrary<KnownAce>, nullAcls: boolean): fc.Arbitrary<SecurityDescriptor> => {
  const acl = nullAcls ? fc.option(aclOf(ace)) : aclOf(ace);
  return fc
    .record({
      owner: maybe(trustee),
      group: maybe(trustee),
      sacl: maybe(acl),
      dacl: maybe(acl),
      flags: fc.integer({ min: 0, max: 0xffff }),
    })
    .map(({ flags, ...parts }) => {
      const told = (parts.dacl === undefined ? 0 : DACL_FLAGS) | (parts.sacl === undefined ? 0 : SACL_FLAGS);
      return withFlags({ revision: 1, resourceManagerControl: 0, control: flags & told, ...defined(parts) });
    });
};
