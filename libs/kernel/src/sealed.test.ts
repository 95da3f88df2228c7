import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSealed, type SealedPlace, sealText } from './sealed.ts';
import { openInstallation } from './secret.ts';

const installation = openInstallation('a-secret-of-more-than-thirty-two-characters');
const PLACE: SealedPlace = { tenant: 'acme', session: 'ses_a', incarnation: 1, exchange: 'exc_1', id: 'c1' };

describe('a sealed text', () => {
  it('is opened where it belongs, and shows nothing of itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const sealed = sealText(installation, PLACE, text);
        expect(openSealed(installation, PLACE, sealed)).toBe(text);
        if (text.length > 8) expect(sealed.includes(text)).toBe(false);
      }),
    );
  });

  it('of the same words is never the same twice', () => {
    const sealed = Array.from({ length: 100 }, () => sealText(installation, PLACE, 'x').toString('hex'));
    expect(new Set(sealed).size).toBe(100);
  });

  it('with any bit changed, or cut short, is refused', () => {
    const sealed = sealText(installation, PLACE, 'what was said');
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const changed = Buffer.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(openSealed(installation, PLACE, changed)).toBeNull();
      }),
    );
    for (let length = 0; length < sealed.length; length++) {
      expect(openSealed(installation, PLACE, sealed.subarray(0, length))).toBeNull();
    }
  });

  it.each([{ tenant: 'other' }, { session: 'ses_b' }, { incarnation: 2 }, { exchange: 'exc_2' }, { id: 'c2' }])(
    'moved to %j is refused',
    (moved) => {
      const sealed = sealText(installation, PLACE, 'what was said');
      expect(openSealed(installation, { ...PLACE, ...moved }, sealed)).toBeNull();
    },
  );

  it('of another installation is refused', () => {
    const sealed = sealText(installation, PLACE, 'what was said');
    expect(openSealed(openInstallation('another-secret-of-more-than-thirty-two'), PLACE, sealed)).toBeNull();
  });
});
