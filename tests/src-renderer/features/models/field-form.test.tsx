// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { FieldForm } from '../../../../src-renderer/features/models/field-form.tsx';
import type { FieldValues } from '../../../../src-renderer/features/models/field-values.ts';
import { FIELDS } from '../../../fakes/admin-data.ts';

const changes = vi.fn<(values: FieldValues) => void>();

afterEach(() => {
  cleanup();
  changes.mockReset();
});

function Form({ initial = {} }: { readonly initial?: FieldValues }) {
  const [values, setValues] = useState(initial);
  return (
    <FieldForm
      specs={FIELDS}
      values={values}
      onChange={(next) => {
        setValues(next);
        changes(next);
      }}
    />
  );
}

const type = (label: string, text: string) =>
  fireEvent.change(screen.getByLabelText(label, { selector: 'input' }), { target: { value: text } });

test('essential settings come first; a search reaches the rest by flag', () => {
  render(<Form />);
  expect(screen.queryByLabelText('Context length', { selector: 'input' })).toBeTruthy();
  expect(screen.queryByLabelText('Threads', { selector: 'input' })).toBeNull();
  type('Search settings', '--threads');
  expect(screen.queryByLabelText('Threads', { selector: 'input' })).toBeTruthy();
  expect(screen.queryByLabelText('Context length', { selector: 'input' })).toBeNull();
});

test('typing sets a number, a wrong one is said at the field, and reset gives the default back', () => {
  render(<Form />);
  type('Context length', '8192');
  expect(changes).toHaveBeenLastCalledWith({ context_size: 8192 });
  type('Context length', '-5');
  expect(screen.getByRole('alert').textContent).toBe('At least 0.');
  fireEvent.click(screen.getByRole('button', { name: 'Reset Context length' }));
  expect(changes).toHaveBeenLastCalledWith({ context_size: null });
  expect(screen.queryByRole('alert')).toBeNull();
});

test('"only what I changed" shows set fields of every group, and nothing else', () => {
  render(<Form initial={{ threads: 4, context_size: null }} />);
  fireEvent.click(screen.getByText('Only what I changed (1)'));
  expect(screen.queryByLabelText('Threads', { selector: 'input' })).toBeTruthy();
  expect(screen.queryByLabelText('Context length', { selector: 'input' })).toBeNull();
});

test('every field names the flag it becomes and its default', () => {
  render(<Form />);
  fireEvent.click(screen.getByRole('button', { name: /Show all settings/ }));
  for (const field of FIELDS) expect(screen.getByText(field.flag ?? '')).toBeTruthy();
});
