// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { router } from '../../../../src-renderer/app/router.tsx';
import { withFlag } from '../../../../src-renderer/features/models/own-list.ts';
import { openWindow } from '../../../fakes/preview-window.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('a flag joins the list, and a list that cannot be read is not thrown away', () => {
  expect(withFlag(null, '--x')).toBe('[{"flag":"--x","type":"flag"}]');
  expect(withFlag('[{"flag":"--a","value":"1"}]', '--x')).toBe(
    '[{"flag":"--a","value":"1"},{"flag":"--x","type":"flag"}]',
  );
  expect(withFlag('["--a"', '--x')).toBe('["--a"');
});

test('flags that the engine knows are offered, but those of a field or of the program are not', async () => {
  openWindow('full');
  await router.navigate({ to: '/models/$id', params: { id: '6' }, search: { tab: 'configuration' } });
  fireEvent.click(await screen.findByRole('button', { name: /^Start-up/ }));
  fireEvent.click(await screen.findByRole('button', { name: 'Flags it knows' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Flags this engine knows' }));
  await dialog.findByText('Cortex makes the key itself.');
  expect(dialog.getByText('Set it by "Context length".')).toBeTruthy();
  expect(dialog.queryByRole('button', { name: 'Add --max-model-len' })).toBeNull();
  fireEvent.click(dialog.getByRole('button', { name: 'Add --brand-new' }));
  const field = await screen.findByLabelText<HTMLInputElement>('Flag 1');
  expect(field.value).toBe('--brand-new');
});
