import { struct, u32 } from '@winback/core/base';

const SPEC = 'SIMH Magtape Representation and Handling';

// prettier-ignore
const SimhLength = struct('SIMH record length', { size: 0x04, spec: SPEC }, [
  [0x00, 'length', u32, 'Before and behind each record. bits 0..27 bytes, bits 28..31 class: 0 data, 8 data with an error, 1..6 and 14 data of other programs; 0 as a whole: a filemark. Classes 7 and 15 have no data: 0xfffffffe an erase gap, 0xffffffff the end of the medium'],
]);

/** Of SIMH images, for the documentation and the tests. */
export const simhLayouts = [SimhLength] as const;
