import { ChevronRight } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { FieldSpec } from '#contract/engines.ts';
import { Button } from '../../ui/button.tsx';
import { Switch } from '../../ui/choice.tsx';
import { classNames } from '../../ui/class-names.ts';
import { SearchField } from '../../ui/search-field.tsx';
import type { FieldIssues } from './field-issues.ts';
import { inLabels, labelsFrom, type LabelOf } from './field-names.ts';
import { FieldRow } from './field-row.tsx';
import { fieldProblem, isSet, type FieldValues } from './field-values.ts';
import { KnownFlags, type FlagSource } from './known-flags.tsx';
import { OWN_FLAGS } from './own-list.ts';

interface FieldFormProps {
  readonly specs: readonly FieldSpec[];
  readonly values: FieldValues;
  readonly onChange: (values: FieldValues) => void;
  /** Refusals of the program, by field. */
  readonly issues?: FieldIssues;
  /** Tokens the model was trained on, where its file has been read. */
  readonly trained?: number | null;
  /** Where the engine's own list of flags is read; without it none is offered. */
  readonly flagSource?: FlagSource | null;
}

export interface FieldGroup {
  readonly title: string;
  readonly fields: readonly FieldSpec[];
}

const ESSENTIAL = 'Essential';

/** Essential fields first as a group of their own, the rest in the table's groups and order. */
export function groupFields(specs: readonly FieldSpec[]): readonly FieldGroup[] {
  const essential = specs.filter((spec) => spec.essential);
  const rest = Map.groupBy(
    specs.filter((spec) => !spec.essential),
    (spec) => spec.group,
  );
  const groups = [...rest].map(([title, fields]) => ({ title, fields }));
  return essential.length === 0 ? groups : [{ title: ESSENTIAL, fields: essential }, ...groups];
}

export function matchesSearch(spec: FieldSpec, search: string): boolean {
  const text = `${spec.label} ${spec.name} ${spec.flag ?? ''} ${spec.help}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Which groups are open: the essential one from the start, the others as they are wanted or something is wrong there. */
function useOpenGroups(wrong: readonly string[]) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [seen, setSeen] = useState('');
  const now = wrong.join('\n');
  // One that was opened so stays open while its field is mended.
  if (now !== seen) {
    setSeen(now);
    if (wrong.some((title) => !open.has(title))) setOpen(new Set([...open, ...wrong]));
  }
  const toggle = (title: string) => {
    const next = new Set(open);
    if (!next.delete(title)) next.add(title);
    setOpen(next);
  };
  return { open, setOpen, toggle };
}

/** Every setting of an engine from its field table: what it is, its default and range, and the flag it becomes. */
export function FieldForm({ specs, values, onChange, issues = {}, trained = null, flagSource = null }: FieldFormProps) {
  const [search, setSearch] = useState('');
  const [onlyChanged, setOnlyChanged] = useState(false);
  const visible = specs.filter((spec) => matchesSearch(spec, search) && (!onlyChanged || isSet(values[spec.name])));
  const labelOf = useMemo(() => labelsFrom(specs), [specs]);
  const narrowed = search !== '' || onlyChanged;
  const groups = groupFields(visible);
  const { open, setOpen, toggle } = useOpenGroups(
    groups.filter(({ fields }) => fields.some(({ name }) => issues[name] !== undefined)).map(({ title }) => title),
  );
  const changed = specs.filter((spec) => isSet(values[spec.name])).length;
  const foldable = narrowed ? [] : groups.filter(({ title }) => title !== ESSENTIAL);
  const closed = foldable.filter(({ title }) => !open.has(title));
  return (
    <div className="@container">
      <div className="flex flex-wrap items-center gap-3 border-b px-4 py-2">
        <SearchField
          label="Search settings"
          placeholder="Search by name or flag"
          className="min-w-48 flex-1"
          value={search}
          onChange={setSearch}
        />
        <Switch shown label={`Only what I changed (${changed})`} checked={onlyChanged} onChange={setOnlyChanged} />
      </div>
      {groups.map((group) => {
        const isClosed = closed.includes(group);
        return (
          <fieldset key={group.title} className="border-b last:border-b-0">
            <legend className="sr-only">{group.title}</legend>
            <GroupHead
              group={group}
              values={values}
              wrong={group.fields.some((spec) => issueAt(spec, values, issues, labelOf) !== null)}
              open={!isClosed}
              onToggle={foldable.includes(group) ? () => toggle(group.title) : null}
            />
            {isClosed
              ? null
              : group.fields.map((spec) => (
                  <FieldRow
                    key={spec.name}
                    spec={spec}
                    value={values[spec.name]}
                    trained={trained}
                    issue={issueAt(spec, values, issues, labelOf)}
                    onChange={(value) => onChange({ ...values, [spec.name]: value })}
                  >
                    {spec.name === OWN_FLAGS && flagSource !== null ? (
                      <KnownFlags
                        source={flagSource}
                        specs={specs}
                        value={values[spec.name]}
                        onChange={(value) => onChange({ ...values, [spec.name]: value })}
                      />
                    ) : null}
                  </FieldRow>
                ))}
          </fieldset>
        );
      })}
      {groups.length === 0 ? (
        <p className="px-4 py-6 text-center text-dim">
          {search === '' ? 'Everything is at its default.' : `No setting matches "${search}".`}
        </p>
      ) : null}
      {foldable.length > 0 ? (
        <div className="px-2 py-1.5">
          <Button
            tone="quiet"
            onClick={() => setOpen(new Set(closed.length > 0 ? foldable.map(({ title }) => title) : []))}
          >
            {closed.length > 0
              ? `Show all settings (${closed.flatMap(({ fields }) => fields).length} more)`
              : 'Show only the essential settings'}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function issueAt(spec: FieldSpec, values: FieldValues, issues: FieldIssues, labelOf: LabelOf): string | null {
  const told = issues[spec.name];
  return fieldProblem(spec, values[spec.name]) ?? (told === undefined ? null : inLabels(told, labelOf));
}

interface GroupHeadProps {
  readonly group: FieldGroup;
  readonly values: FieldValues;
  readonly wrong: boolean;
  readonly open: boolean;
  /** Null for a group that is always open. */
  readonly onToggle: (() => void) | null;
}

function GroupHead({ group, values, wrong, open, onToggle }: GroupHeadProps) {
  const { title, fields } = group;
  if (onToggle === null)
    return (
      <div aria-hidden className="px-4 pt-3 pb-1 text-xs font-medium text-dim">
        {title}
      </div>
    );
  const changed = fields.filter((spec) => isSet(values[spec.name])).length;
  return (
    <button
      type="button"
      aria-expanded={open}
      onClick={onToggle}
      className="flex h-9 w-full items-center gap-2 px-4 text-left hover:bg-hover"
    >
      <ChevronRight aria-hidden className={classNames('size-3.5 text-dim transition-transform', open && 'rotate-90')} />
      <span className="font-medium">{title}</span>
      <span className="text-xs text-dim tabular-nums">{fields.length}</span>
      {changed === 0 ? null : <span className="text-xs text-accent-text tabular-nums">{changed} changed</span>}
      {wrong ? <span className="text-xs text-failed-text">needs a look</span> : null}
    </button>
  );
}
