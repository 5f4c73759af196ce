import { RotateCcw, Search } from 'lucide-react';
import { useId, useState } from 'react';
import type { FieldSpec } from '#contract/engines.ts';
import type { FieldValue } from '#contract/models.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Switch } from '../../ui/choice.tsx';
import { TextInput } from '../../ui/field.tsx';
import { FieldControl } from './field-control.tsx';
import {
  defaultInWords,
  effectiveDefault,
  fieldProblem,
  isSet,
  rangeInWords,
  type FieldValues,
} from './field-values.ts';

interface FieldFormProps {
  readonly specs: readonly FieldSpec[];
  readonly values: FieldValues;
  readonly onChange: (values: FieldValues) => void;
  /** Refusals of the program, by field. */
  readonly issues?: Readonly<Record<string, string>>;
  /** Tokens the model was trained on, where its file has been read. */
  readonly trained?: number | null;
}

export interface FieldGroup {
  readonly title: string;
  readonly fields: readonly FieldSpec[];
}

/** Essential fields first as a group of their own, the rest in the table's groups and order. */
export function groupFields(specs: readonly FieldSpec[]): readonly FieldGroup[] {
  const essential = specs.filter((spec) => spec.essential);
  const rest = Map.groupBy(
    specs.filter((spec) => !spec.essential),
    (spec) => spec.group,
  );
  const groups = [...rest].map(([title, fields]) => ({ title, fields }));
  return essential.length === 0 ? groups : [{ title: 'Essential', fields: essential }, ...groups];
}

export function matchesSearch(spec: FieldSpec, search: string): boolean {
  const text = `${spec.label} ${spec.name} ${spec.flag ?? ''} ${spec.help}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Every setting of an engine from its field table: what it is, its default and range, and the flag it becomes. */
export function FieldForm({ specs, values, onChange, issues = {}, trained = null }: FieldFormProps) {
  const [search, setSearch] = useState('');
  const [onlyChanged, setOnlyChanged] = useState(false);
  const [expanded, setExpanded] = useState(false);
  const visible = specs.filter((spec) => matchesSearch(spec, search) && (!onlyChanged || isSet(values[spec.name])));
  const narrowed = search !== '' || onlyChanged;
  const groups = groupFields(visible);
  const shown = expanded || narrowed ? groups : groups.slice(0, 1);
  const hidden = groups.slice(shown.length).flatMap((group) => group.fields).length;
  const changed = specs.filter((spec) => isSet(values[spec.name])).length;
  return (
    <div>
      <div className="flex flex-wrap items-center gap-3 border-b px-4 py-2">
        <div className="relative min-w-48 flex-1">
          <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-dim" />
          <TextInput
            aria-label="Search settings"
            placeholder="Search by name or flag"
            className="pl-8"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <Switch shown label={`Only what I changed (${changed})`} checked={onlyChanged} onChange={setOnlyChanged} />
      </div>
      {shown.map((group) => (
        <fieldset key={group.title} className="border-b last:border-b-0">
          <legend className="sr-only">{group.title}</legend>
          <div aria-hidden className="px-4 pt-3 pb-1 text-xs font-medium text-dim">
            {group.title}
          </div>
          {group.fields.map((spec) => (
            <FieldRow
              key={spec.name}
              spec={spec}
              value={values[spec.name]}
              trained={trained}
              issue={issues[spec.name] ?? fieldProblem(spec, values[spec.name])}
              onChange={(value) => onChange({ ...values, [spec.name]: value })}
            />
          ))}
        </fieldset>
      ))}
      {shown.length === 0 ? (
        <p className="px-4 py-6 text-center text-dim">
          {search === '' ? 'Everything is at its default.' : `No setting matches "${search}".`}
        </p>
      ) : null}
      {hidden > 0 || (expanded && !narrowed) ? (
        <div className="px-2 py-1.5">
          <Button tone="quiet" aria-expanded={expanded} onClick={() => setExpanded(!expanded)}>
            {expanded ? 'Show only the essential settings' : `Show all settings (${hidden} more)`}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

interface FieldRowProps {
  readonly spec: FieldSpec;
  readonly value: FieldValue | undefined;
  readonly issue: string | null;
  readonly trained: number | null;
  readonly onChange: (value: FieldValue) => void;
}

function FieldRow({ spec, value, issue, trained, onChange }: FieldRowProps) {
  const id = useId();
  const set = isSet(value);
  const range = rangeInWords(spec);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_200px_28px] items-start gap-x-3 px-4 py-2 hover:bg-hover">
      <div className="min-w-0 pt-0.5">
        <label htmlFor={id} className="flex items-center gap-1.5 font-medium">
          {spec.label}
          {set ? <span className="size-1.5 rounded-full bg-accent" title="Changed" /> : null}
        </label>
        <p id={`${id}-note`} className="text-xs text-dim">
          {spec.help}
          <span className="block tabular-nums">
            {spec.flag === null ? null : (
              <>
                <code className="font-mono text-ink">{spec.flag}</code>
                {' · '}
              </>
            )}
            {defaultInWords(spec, trained)}
            {range === null ? '' : ` · ${range}`}
          </span>
        </p>
      </div>
      <div>
        <FieldControl
          spec={{ ...spec, default: effectiveDefault(spec, trained) }}
          id={id}
          describedBy={`${id}-note`}
          invalid={issue !== null}
          value={value}
          onChange={onChange}
        />
        {issue === null ? null : (
          <p role="alert" className="mt-1 text-xs text-failed-text">
            {issue}
          </p>
        )}
      </div>
      {set ? (
        <IconButton label={`Reset ${spec.label}`} className="mt-0.5" onClick={() => onChange(null)}>
          <RotateCcw aria-hidden />
        </IconButton>
      ) : null}
    </div>
  );
}
