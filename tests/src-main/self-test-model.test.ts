import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildSelfTestModel } from '../../resources/self-test-model/build.ts';

describe('the self-test model', () => {
  it('is the file that its script builds, so that nobody ships bytes nobody can explain', () => {
    const committed = readFileSync(new URL('../../resources/self-test-model/cortex-self-test.gguf', import.meta.url));
    expect(Buffer.compare(committed, buildSelfTestModel())).toBe(0);
    expect(committed.byteLength).toBeLessThanOrEqual(2 * 1_048_576);
  });
});
