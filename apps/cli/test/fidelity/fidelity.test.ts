import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { IMAGE_KINDS, mountImage } from '@winback/core/testing';
import { fidelityPage } from './page.js';
import { columnsFrom, VOLUME_KINDS, type Column } from './table.js';

const PAGE = join(import.meta.dirname, '../../../../docs/fidelity.md');
const MINUTES = 60_000;

const missing = VOLUME_KINDS.flatMap((kind) => {
  const mounted = mountImage(IMAGE_KINDS[kind]);
  if ('reason' in mounted) return [mounted.reason];
  mounted.unmount();
  return [];
});
const reason = [...new Set(missing)].join('; ');

describe.skipIf(missing.length > 0)(`what is kept between kinds of volumes (${reason})`, () => {
  const columns: Column[] = [];
  beforeAll(async () => {
    for (const from of VOLUME_KINDS) columns.push(...(await columnsFrom(from)));
  }, 10 * MINUTES);

  it('loses nothing in silence', () => {
    const silent = columns.flatMap(({ from, to, cells }) =>
      [...cells].filter(([, cell]) => cell.outcome === 'lost in silence').map(([name]) => `${name} from ${from} to ${to}`),
    );
    expect(silent).toEqual([]);
  });

  it('loses nothing between volumes of the same kind', () => {
    const lost = columns
      .filter(({ from, to }) => from === to)
      .flatMap(({ from, cells }) =>
        [...cells]
          .filter(([, { outcome }]) => outcome !== 'yes' && outcome !== 'not applicable')
          .map(([name, { outcome }]) => `${name} on ${from}: ${outcome}`),
      );
    expect(lost).toEqual([]);
  });

  it('is what docs/fidelity.md says', async () => {
    await expect(fidelityPage(columns)).toMatchFileSnapshot(PAGE);
  });
});
