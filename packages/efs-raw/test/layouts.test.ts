import fc from 'fast-check';
import { describe, it } from 'vitest';
import { runSuite, structSuite } from '@winback/core/testing';
import { layouts } from '../src/layouts.js';

const forBytes = (minLength: number, maxLength: number, law: (bytes: Uint8Array) => void): void => {
  fc.assert(fc.property(fc.uint8Array({ minLength, maxLength }), law));
};

for (const layout of layouts)
  runSuite({ describe, it }, structSuite, layout.name, [], () => ({ layout, forBytes, capabilities: new Set<never>() }));
