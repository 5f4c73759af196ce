import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ChartNoAxesColumn, ChevronLeft, ChevronRight } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { UsageQuery, UsageRow } from '#contract/usage.ts';
import { api } from '../../api/client.ts';
import { useModels } from '../../api/live.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Button } from '../../ui/button.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { Figure, When } from '../../ui/figure.tsx';
import { count, duration } from '../../ui/format.ts';
import { Card, Page } from '../../ui/page.tsx';
import { Select } from '../../ui/select.tsx';
import { Empty, StateMark } from '../../ui/state.tsx';

const PAGE_ROWS = 50;
const REFRESH_MS = 3_000;

const STATUSES = [
  { value: '', label: 'Any status' },
  { value: '2xx', label: 'Answered (2xx)' },
  { value: '4xx', label: 'Refused or left (4xx)' },
  { value: '499', label: 'Left by the caller (499)' },
  { value: '5xx', label: 'Failed (5xx)' },
] as const;
type StatusFilter = (typeof STATUSES)[number]['value'];

interface Filters {
  readonly model: string;
  readonly status: StatusFilter;
  readonly page: number;
}

function queryOf({ model, status, page }: Filters): UsageQuery {
  return {
    // One more than is shown tells whether there is a next page.
    limit: PAGE_ROWS + 1,
    offset: page * PAGE_ROWS,
    ...(model === '' ? {} : { model }),
    ...(status === '' ? {} : { status }),
  };
}

export function UsagePage() {
  const [filters, setFilters] = useState<Filters>({ model: '', status: '', page: 0 });
  const usage = useQuery(
    api.usage.list.queryOptions({
      input: queryOf(filters),
      // Newer pages move under the reader; only the first one follows what happens.
      refetchInterval: filters.page === 0 ? REFRESH_MS : false,
      placeholderData: keepPreviousData,
    }),
  );
  const narrowed = filters.model !== '' || filters.status !== '';
  return (
    <Page
      title="Usage"
      note="Every request through the endpoint, newest first"
      actions={<FilterBar filters={filters} onChange={setFilters} />}
    >
      <Card className="overflow-hidden">
        <QueryView query={usage} failure="The requests could not be loaded">
          {(rows) =>
            rows.length === 0 && filters.page === 0 ? (
              <NoUsage narrowed={narrowed} />
            ) : (
              <>
                <UsageTable rows={rows.slice(0, PAGE_ROWS)} />
                <Paging
                  page={filters.page}
                  shown={Math.min(rows.length, PAGE_ROWS)}
                  more={rows.length > PAGE_ROWS}
                  onPage={(page) => setFilters({ ...filters, page })}
                />
              </>
            )
          }
        </QueryView>
      </Card>
    </Page>
  );
}

interface FilterBarProps {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
}

function FilterBar({ filters, onChange }: FilterBarProps) {
  const models = useModels();
  const options = [
    { value: '', label: 'Any model' },
    ...(models ?? []).map((model) => ({ value: model.served_model_name, label: model.served_model_name })),
  ];
  return (
    <>
      <Select
        label="Filter by model"
        className="w-52"
        value={filters.model}
        options={options}
        onChange={(model) => onChange({ ...filters, model, page: 0 })}
      />
      <Select
        label="Filter by status"
        className="w-52"
        value={filters.status}
        options={STATUSES}
        onChange={(status) => onChange({ ...filters, status, page: 0 })}
      />
    </>
  );
}

function NoUsage({ narrowed }: { readonly narrowed: boolean }) {
  return narrowed ? (
    <p className="px-4 py-14 text-center text-dim">No request matches these filters.</p>
  ) : (
    <Empty icon={ChartNoAxesColumn} title="No requests yet">
      Each request of a client or of the playground appears here with its tokens, its time to first token and, where it
      was refused, why.
    </Empty>
  );
}

/** Who asked, in words; a key by the name its owner gave it. */
function Actor({ row }: { readonly row: UsageRow }) {
  const keys = useQuery(api.keys.list.queryOptions({ input: { include_disabled: true }, staleTime: 30_000 }));
  if (row.actor === 'owner') return 'window or owner';
  if (row.actor === 'anonymous' || row.key_id === null) return <span className="text-dim">not known</span>;
  const name = keys.data?.find((key) => key.id === row.key_id)?.name ?? '';
  return name === '' ? `key ${row.key_id}` : name;
}

function Status({ row }: { readonly row: UsageRow }) {
  const code = row.status_code;
  const tone = code < 400 ? (row.error_code === null ? 'ready' : 'warning') : code < 500 ? 'warning' : 'failed';
  return (
    <div className="max-w-44 @max-[860px]:max-w-32">
      <StateMark tone={tone}>
        <span className="tabular-nums">{code}</span>
      </StateMark>
      {row.error_code === null ? null : (
        <code className="block truncate font-mono text-xs text-dim" title={row.error_code}>
          {row.error_code}
        </code>
      )}
    </div>
  );
}

function Asked({ row }: { readonly row: UsageRow }) {
  return (
    <div className="min-w-0">
      <code className="block truncate font-mono text-xs" title={row.model_name ?? undefined}>
        {row.model_name ?? '—'}
      </code>
      <span className="block truncate text-xs text-dim">
        {row.task}
        {row.stream ? ' · streamed' : ''}
        <span className="@min-[700px]:hidden">
          {' · '}
          <Actor row={row} />
        </span>
      </span>
    </div>
  );
}

const dash = <span className="text-dim">—</span>;
const tokens = (value: number) => (value === 0 ? dash : count(value));

/** Both counts in one column, where there is no room for two. */
function InAndOut({ row }: { readonly row: UsageRow }) {
  if (row.prompt_tokens === 0 && row.completion_tokens === 0) return dash;
  return (
    <span className="whitespace-nowrap" title="Tokens in and tokens out">
      {count(row.prompt_tokens)} <span className="text-dim">+</span> {count(row.completion_tokens)}
    </span>
  );
}

const COLUMNS: readonly Column<UsageRow>[] = [
  { id: 'time', header: 'Time', cell: (row) => <When at={row.created_at} /> },
  { id: 'status', header: 'Status', cell: (row) => <Status row={row} /> },
  { id: 'model', header: 'Model and task', flexible: true, cell: (row) => <Asked row={row} /> },
  {
    id: 'actor',
    header: 'From',
    shown: 'not-narrow',
    className: 'max-w-36 truncate',
    cell: (row) => <Actor row={row} />,
  },
  { id: 'in', header: 'Tokens in', numeric: true, shown: 'wide', cell: (row) => tokens(row.prompt_tokens) },
  { id: 'out', header: 'Tokens out', numeric: true, shown: 'wide', cell: (row) => tokens(row.completion_tokens) },
  { id: 'tokens', header: 'Tokens', numeric: true, shown: 'not-wide', cell: (row) => <InAndOut row={row} /> },
  {
    id: 'first',
    header: 'First token',
    numeric: true,
    cell: (row) => (row.ttft_ms === null ? dash : <Figure {...duration(row.ttft_ms)} />),
  },
  { id: 'latency', header: 'Duration', numeric: true, cell: (row) => <Figure {...duration(row.latency_ms)} /> },
];

const rowKey = (row: UsageRow) => String(row.id);

function UsageTable({ rows }: { readonly rows: readonly UsageRow[] }) {
  const stable = useMemo(() => [...rows], [rows]);
  return <DataTable label="Requests" columns={COLUMNS} rows={stable} rowKey={rowKey} />;
}

interface PagingProps {
  readonly page: number;
  readonly shown: number;
  readonly more: boolean;
  readonly onPage: (page: number) => void;
}

function Paging({ page, shown, more, onPage }: PagingProps) {
  const first = page * PAGE_ROWS;
  return (
    <div className="flex items-center justify-end gap-2 border-t px-4 py-1.5 text-xs text-dim">
      <span className="tabular-nums">
        {shown === 0 ? 'No more requests' : `Requests ${count(first + 1)} to ${count(first + shown)}`}
      </span>
      <Button size="small" tone="quiet" disabled={page === 0} onClick={() => onPage(page - 1)}>
        <ChevronLeft aria-hidden />
        Newer
      </Button>
      <Button size="small" tone="quiet" disabled={!more} onClick={() => onPage(page + 1)}>
        Older
        <ChevronRight aria-hidden />
      </Button>
    </div>
  );
}
