import { expect, test } from 'vitest';
import { differencesOf } from '../../../../src-renderer/features/models/save-bar.tsx';
import { SPECS } from '../../../fakes/admin-plan.ts';

const fields = SPECS.find(({ engine_type: engine }) => engine === 'llamacpp')?.fields ?? [];

test('a difference names the field, both values in words, and whether it needs a restart', () => {
  const [context, temperature, name] = differencesOf(
    fields,
    { context_size: 4096, temperature: null, name: 'A' },
    { context_size: 8192, temperature: 0, name: 'B' },
  );
  expect(context).toMatchObject({
    label: 'Context length',
    before: '4,096 tokens',
    after: '8,192 tokens',
    needsRestart: true,
  });
  // Zero is a value, and what the gateway applies needs no restart.
  expect(temperature).toMatchObject({ after: '0', needsRestart: false });
  expect(name).toMatchObject({ label: 'Name', before: 'A', after: 'B', needsRestart: false });
});

test('a token never stands among the values', () => {
  const [given] = differencesOf(fields, {}, { hf_token: 'hf_secret' });
  expect(JSON.stringify(given)).not.toContain('hf_secret');
  expect(differencesOf(fields, {}, { hf_token: null })[0]).toMatchObject({ after: 'removed' });
});
