import {
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowData,
} from '@tanstack/react-table';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { Fragment, useMemo, type KeyboardEvent, type ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { ScrollRegion } from './scroll-region.tsx';

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

/** By the table's own width, not the window's: what stands beside it takes room, too. */
const SHOWN = {
  'not-narrow': '@max-[700px]:hidden',
  'not-wide': '@min-[860px]:hidden',
  wide: '@max-[860px]:hidden',
} as const;

export interface Column<Row extends RowData> {
  readonly id: string;
  readonly header: string;
  /** Right-aligned, for figures. */
  readonly numeric?: boolean;
  /** What the column sorts by; without it the column does not sort. */
  readonly sortBy?: (row: Row) => string | number | null;
  readonly cell: (row: Row) => ReactNode;
  readonly className?: string;
  /** Takes the width that the others leave, and cuts what it has no room for. */
  readonly flexible?: boolean;
  /** Leaves the column out where its figures can be spared or stand elsewhere: narrow is below 700 px, wide from 860 px. */
  readonly shown?: keyof typeof SHOWN;
  /** Reads the header out without showing it. */
  readonly silent?: boolean;
}

interface DataTableProps<Row extends RowData> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly rowClass?: (row: Row) => string | undefined;
  /** A second line under a row, as wide as what is seen of the table; null for none. */
  readonly detail?: (row: Row) => ReactNode;
}

function definitions<Row extends RowData>(columns: readonly Column<Row>[]): ColumnDef<typeof features, Row>[] {
  return columns.map((column) => ({
    id: column.id,
    header: column.header,
    accessorFn: (row: Row) => column.sortBy?.(row) ?? null,
    enableSorting: column.sortBy !== undefined,
    sortFn: (left, right, id) => compare(left.getValue<SortValue>(id), right.getValue<SortValue>(id)),
    cell: (context) => column.cell(context.row.original),
  }));
}

type SortValue = string | number | null;

function compare(left: SortValue, right: SortValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (left === null || right === null) return left === right ? 0 : left === null ? -1 : 1;
  return String(left).localeCompare(String(right), undefined, { numeric: true });
}

const STEPS: Readonly<Record<string, (index: number, last: number) => number>> = {
  ArrowDown: (index, last) => Math.min(index + 1, last),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
};

const CONTROLS = 'a[href], button:not(:disabled)';

/** Arrow keys go from a control of one row to the same one of the next; letters and text fields keep theirs. */
function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  const held = event.target instanceof HTMLElement ? event.target : null;
  const row = held?.closest('tr[data-row]') ?? null;
  if (step === undefined || held === null || row === null || held.matches('input, textarea, [aria-haspopup]')) return;
  const rows = [...event.currentTarget.querySelectorAll('tr[data-row]')];
  const place = [...row.querySelectorAll(CONTROLS)].indexOf(held);
  const next = rows[step(rows.indexOf(row), rows.length - 1)];
  const controls = [...(next?.querySelectorAll<HTMLElement>(CONTROLS) ?? [])];
  const target = controls[Math.min(Math.max(place, 0), controls.length - 1)];
  if (target === undefined) return;
  event.preventDefault();
  target.focus();
}

const ARIA_SORT = { asc: 'ascending', desc: 'descending' } as const;

/** A dense table whose head sorts. Columns must be stable between renders. */
export function DataTable<Row extends RowData>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, rowClass, detail } = props;
  const columnDefinitions = useMemo(() => definitions(columns), [columns]);
  const table = useTable({ features, columns: columnDefinitions, data: rows, getRowId: rowKey });
  const byId = new Map(columns.map((column) => [column.id, column]));
  return (
    // Positioned, so that what only a screen reader sees scrolls with the table and does not widen the page.
    <ScrollRegion label={`${label}, scrolling`} onlyWhenScrolling className="@container relative overflow-x-auto">
      <table aria-label={label} className="w-full border-separate border-spacing-0 text-left">
        <thead>
          <tr>
            {table.getHeaderGroups()[0]?.headers.map((header) => {
              const column = byId.get(header.column.id);
              const sorted = header.column.getIsSorted();
              return (
                <th
                  key={header.id}
                  scope="col"
                  aria-sort={sorted === false ? undefined : ARIA_SORT[sorted]}
                  className={classNames(
                    'h-8 border-b px-2 text-xs font-medium whitespace-nowrap text-dim first:pl-4 last:pr-4',
                    column?.numeric === true && 'text-right',
                    column?.shown !== undefined && SHOWN[column.shown],
                  )}
                >
                  {header.column.getCanSort() ? (
                    <button
                      type="button"
                      onClick={header.column.getToggleSortingHandler()}
                      className="inline-flex min-h-7 items-center gap-1 rounded-sm hover:text-ink"
                    >
                      {column?.header}
                      {sorted === 'asc' ? <ArrowUp aria-hidden className="size-3" /> : null}
                      {sorted === 'desc' ? <ArrowDown aria-hidden className="size-3" /> : null}
                    </button>
                  ) : (
                    <span className={column?.silent === true ? 'sr-only' : undefined}>{column?.header}</span>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        {/* The keys are those of the controls in it; the body itself is no stop. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <tbody onKeyDown={moveBetweenRows}>
          {table.getRowModel().rows.map((row) => {
            const below = detail?.(row.original) ?? null;
            return (
              <Fragment key={row.id}>
                <tr data-row className={classNames('group/row hover:bg-hover', rowClass?.(row.original))}>
                  {columns.map((column) => (
                    <td
                      key={column.id}
                      className={classNames(
                        'h-9 px-2 py-1 align-middle first:pl-4 last:pr-4',
                        below === null && 'border-b [tr:last-child>&]:border-b-0',
                        column.numeric === true && 'text-right tabular-nums',
                        column.flexible === true && 'w-full max-w-0',
                        column.shown !== undefined && SHOWN[column.shown],
                        column.className,
                      )}
                    >
                      {column.cell(row.original)}
                    </td>
                  ))}
                </tr>
                {below === null ? null : (
                  <tr>
                    <td colSpan={columns.length} className="border-b p-0 [tr:last-child>&]:border-b-0">
                      {/* Its own text would otherwise widen the table, and end out of sight. */}
                      <div className="sticky left-0 w-[100cqi]">{below}</div>
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
