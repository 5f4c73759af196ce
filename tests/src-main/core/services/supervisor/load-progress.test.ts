import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadProgress } from '../../../../../src-main/contract/models.ts';
import { loadProgress } from '../../../../../src-main/core/services/supervisor/load-progress.ts';

const FIRST = {
  stage: 'load' as const,
  phase: 'Loading weights',
  phaseFraction: 0.1,
  elapsedMs: 10_000,
  expectedMs: null,
  residentBytes: null,
  weightBytes: 8e9,
};

describe('the progress of a load', () => {
  it('goes by the memory filled the first time, with the time left at that rate', () => {
    expect(loadProgress({ ...FIRST, residentBytes: 2e9 })).toEqual({
      stage: 'load',
      phase: 'Loading weights',
      fraction: 0.25,
      eta_seconds: 30,
    });
  });

  it('goes by the phase where nothing can be measured, or the file is too small to say', () => {
    expect(loadProgress(FIRST)).toMatchObject({ fraction: 0.1, eta_seconds: null });
    expect(loadProgress({ ...FIRST, residentBytes: 5e7, weightBytes: 1e6 })).toMatchObject({ fraction: 0.1 });
  });

  it('goes by earlier loads once there are some, and promises nothing beyond their time', () => {
    expect(loadProgress({ ...FIRST, expectedMs: 40_000 })).toMatchObject({ fraction: 0.25, eta_seconds: 30 });
    expect(loadProgress({ ...FIRST, expectedMs: 5000 })).toMatchObject({ fraction: 0.95, eta_seconds: null });
  });

  it('always fits the contract, and never says done', () => {
    const amount = fc.double({ min: 0, max: 1e13, noNaN: true });
    const signs = fc.record({
      stage: fc.constant('load' as const),
      phase: fc.constant('x'),
      phaseFraction: fc.option(fc.double({ min: 0, max: 0.99, noNaN: true })),
      elapsedMs: amount,
      expectedMs: fc.option(amount),
      residentBytes: fc.option(amount),
      weightBytes: amount,
    });
    fc.assert(
      fc.property(signs, (given) => {
        const progress = LoadProgress.parse(loadProgress(given));
        expect(progress.fraction ?? 0).toBeLessThan(1);
      }),
    );
  });
});
