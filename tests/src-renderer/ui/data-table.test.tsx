// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { DataTable, type Column } from '../../../src-renderer/ui/data-table.tsx';

afterEach(cleanup);

interface Row {
  readonly name: string;
  readonly size: number | null;
}

const columns: readonly Column<Row>[] = [
  { id: 'name', header: 'Name', sortBy: (row) => row.name, cell: (row) => row.name },
  { id: 'size', header: 'Size', numeric: true, sortBy: (row) => row.size, cell: (row) => row.size ?? 'none' },
];
const rows: readonly Row[] = [
  { name: 'model 10', size: 2 },
  { name: 'model 9', size: 10 },
  { name: 'model 1', size: null },
];

function names(): string[] {
  return screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => within(row).getAllByRole('cell')[0]?.textContent ?? '');
}

test('figures sort as figures and numbered names by their number, and the head says which way', () => {
  render(<DataTable label="Rows" columns={columns} rows={rows} rowKey={(row) => row.name} />);
  expect(names()).toEqual(['model 10', 'model 9', 'model 1']);
  fireEvent.click(screen.getByRole('button', { name: 'Name' }));
  expect(screen.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending');
  expect(names()).toEqual(['model 1', 'model 9', 'model 10']);
  fireEvent.click(screen.getByRole('button', { name: 'Size' }));
  fireEvent.click(screen.getByRole('button', { name: 'Size' }));
  expect(new Set([names()[0], names()[2]])).toEqual(new Set(['model 9', 'model 1']));
});
