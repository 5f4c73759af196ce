import { isDeepStrictEqual } from 'node:util';
import type { Issue } from '../../../contract/errors.ts';
import type { Model, ModelCreate } from '../../../contract/models.ts';
import type { FieldTable } from '../../../domain/engine/field-table.ts';

type Input = Readonly<Record<string, unknown>>;
/** What a stored model shows and nobody sets; `archived` cannot be set on a new one only. */
type ReadOnlyKey = Exclude<keyof (typeof Model)['shape'], keyof (typeof ModelCreate)['shape'] | 'archived'>;

const TOLD = 'is told by the program and cannot be set; leave it out';

/** What to say of each key, in the order in which a model shows them. */
function adviceOf(table: FieldTable): Readonly<Record<ReadOnlyKey, string>> {
  const defaults = table.rows.filter((row) => row.appliesTo === 'request').map((row) => row.name);
  return {
    id: 'is given by the program and cannot be set; leave it out',
    state: 'cannot be set; POST to /admin/models/{id}/start or /admin/models/{id}/stop',
    hf_token_set: 'tells whether a token is kept; set "hf_token" itself',
    state_detail: TOLD,
    progress: TOLD,
    diagnosis: TOLD,
    engine: TOLD,
    port: 'is chosen at each start and cannot be set; leave it out',
    container_name: TOLD,
    request_defaults_json: `is made from other fields and cannot be set; use ${new Intl.ListFormat('en', { type: 'disjunction' }).format(defaults)}`,
    created_at: TOLD,
    updated_at: TOLD,
    last_used_at: TOLD,
  };
}

function issuesOf(table: FieldTable, isWrong: (key: ReadOnlyKey) => boolean): Issue[] {
  const advice = Object.entries(adviceOf(table)) as [ReadOnlyKey, string][];
  return advice.filter(([key]) => isWrong(key)).map(([field, message]) => ({ field, message }));
}

/** What a new model cannot be given. Null says nothing and is let pass. */
export function createIssues(input: Input, table: FieldTable): Issue[] {
  const issues = issuesOf(table, (key) => (input[key] ?? null) !== null);
  const { archived } = input;
  if (archived === undefined || archived === null || archived === false) return issues;
  return [...issues, { field: 'archived', message: 'cannot be set on a new model; PATCH it afterwards' }];
}

/** What a patch would change and cannot. A client may send a model back as it was shown. */
export function patchIssues(patch: Input, shown: Model, table: FieldTable): Issue[] {
  return issuesOf(table, (key) => patch[key] !== undefined && !isAsShown(key, patch[key], shown));
}

function isAsShown(key: ReadOnlyKey, value: unknown, shown: Model): boolean {
  if (isDeepStrictEqual(value, shown[key])) return true;
  const { last_used_at: lastUsed } = shown;
  if (key !== 'last_used_at' || lastUsed === null) return false;
  // It moves with every request: an earlier time, or none yet, was shown a moment ago.
  return value === null || (typeof value === 'number' && value < lastUsed);
}
