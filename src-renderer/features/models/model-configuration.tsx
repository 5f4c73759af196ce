import { useMutation } from '@tanstack/react-query';
import { useMemo } from 'react';
import { toast } from 'sonner';
import type { FieldSpec } from '#contract/engines.ts';
import type { FieldValue, Model } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { describeError, issueOf, type ErrorDescription } from '../../api/errors.ts';
import { useBuilds, useEngineSpecs } from '../../api/queries.ts';
import { useStartModel } from '../../parts/model-actions.ts';
import { isUp } from '../../parts/model-state.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Button } from '../../ui/button.tsx';
import { Labelled, TextInput } from '../../ui/field.tsx';
import { Card } from '../../ui/page.tsx';
import { Select } from '../../ui/select.tsx';
import { ErrorPanel } from '../../ui/state.tsx';
import { FieldForm } from './field-form.tsx';
import { rememberUnapplied } from './unapplied.tsx';
import {
  buildOptions,
  changedValues,
  defaultInWords,
  fieldProblem,
  isSet,
  valueInWords,
  valuesOf,
  type FieldValues,
} from './field-values.ts';

interface ConfigurationProps {
  readonly model: Model;
  /** What was changed here and not saved yet; what changes elsewhere meanwhile lies beneath it. */
  readonly edits: FieldValues;
  readonly onEdits: (change: (edits: FieldValues) => FieldValues) => void;
}

export function ModelConfiguration({ model, edits, onEdits }: ConfigurationProps) {
  const specs = useEngineSpecs();
  return (
    <QueryView query={specs} failure="The settings of the engine could not be loaded">
      {(all) => (
        <ConfigurationForm
          model={model}
          edits={edits}
          onEdits={onEdits}
          specs={all.find((spec) => spec.engine_type === model.engine_type)?.fields ?? []}
        />
      )}
    </QueryView>
  );
}

const IDENTITY = ['name', 'served_model_name', 'engine_build_id'] as const;
const IDENTITY_LABELS = { name: 'Name', served_model_name: 'Served name', engine_build_id: 'Engine build' } as const;

function identityOf(model: Model): FieldValues {
  return Object.fromEntries(IDENTITY.map((name) => [name, model[name]]));
}

interface FormProps extends ConfigurationProps {
  readonly specs: readonly FieldSpec[];
}

function useSave({ model, specs, onEdits }: FormProps) {
  const start = useStartModel();
  return useMutation({
    mutationFn: async ({ patch, restart }: { readonly patch: FieldValues; readonly restart: boolean }) => {
      const answer = await client.models.update({ ...patch, id: model.id });
      // What was typed on while it was being saved is still unsaved.
      onEdits((edits) => changedValues(patch, edits));
      if (restart) await client.models.stop({ id: model.id });
      return answer;
    },
    onSuccess: (answer, { patch, restart }) => {
      if (restart) start.mutate(model);
      else toast.success('Saved', answer.restart_required ? { description: 'It applies after a restart.' } : {});
      if (!restart && answer.restart_required) rememberUnapplied(model, restartLabels(specs, Object.keys(patch)));
    },
  });
}

function ConfigurationForm(props: FormProps) {
  const { model, specs, edits, onEdits } = props;
  const before = useMemo(() => ({ ...identityOf(model), ...valuesOf(model, specs) }), [model, specs]);
  const values = { ...before, ...edits };
  const setValues = (next: FieldValues) => onEdits(() => changedValues(before, next));
  const save = useSave(props);
  const patch = changedValues(before, values);
  const problem = save.error === null ? null : describeError(save.error);
  const issues = Object.fromEntries((problem?.issues ?? []).map((issue) => [issue.field, issue.message]));
  const invalid = specs.some((spec) => fieldProblem(spec, values[spec.name]) !== null);
  return (
    <div className="grid max-w-[960px] grid-cols-1 gap-4">
      <IdentityFields values={values} onChange={setValues} problem={problem} />
      <Card>
        <FieldForm specs={specs} values={values} onChange={setValues} issues={issues} />
      </Card>
      {problem === null ? null : <ErrorPanel what="The changes were not saved" problem={problem} />}
      {Object.keys(patch).length === 0 ? null : (
        <SaveBar
          model={model}
          specs={specs}
          before={before}
          patch={patch}
          invalid={invalid}
          busy={save.isPending}
          onDiscard={() => {
            onEdits(() => ({}));
            save.reset();
          }}
          onSave={(restart) => save.mutate({ patch, restart })}
        />
      )}
    </div>
  );
}

interface IdentityProps {
  readonly values: FieldValues;
  readonly onChange: (values: FieldValues) => void;
  readonly problem: ErrorDescription | null;
}

function IdentityFields({ values, onChange, problem }: IdentityProps) {
  const builds = useBuilds();
  const taken = problem?.code === 'served_name_in_use' ? problem.title : null;
  const text = (name: string) => String(values[name] ?? '');
  return (
    <Card className="grid grid-cols-3 gap-4 px-4 py-3">
      <Labelled label="Name" error={issueOf(problem, 'name')}>
        {(control) => (
          <TextInput
            {...control}
            value={text('name')}
            onChange={(event) => onChange({ ...values, name: event.target.value })}
          />
        )}
      </Labelled>
      <Labelled
        label="Served name"
        hint="What clients send as model."
        error={taken ?? issueOf(problem, 'served_model_name')}
      >
        {(control) => (
          <TextInput
            {...control}
            className="font-mono text-xs"
            value={text('served_model_name')}
            onChange={(event) => onChange({ ...values, served_model_name: event.target.value })}
          />
        )}
      </Labelled>
      <Labelled label="Engine build">
        {(control) => (
          <Select
            {...control}
            value={text('engine_build_id')}
            options={buildOptions(builds.data ?? [])}
            onChange={(next) => onChange({ ...values, engine_build_id: next === '' ? null : next })}
          />
        )}
      </Labelled>
    </Card>
  );
}

interface SaveBarProps {
  readonly model: Model;
  readonly specs: readonly FieldSpec[];
  readonly before: FieldValues;
  readonly patch: FieldValues;
  readonly invalid: boolean;
  readonly busy: boolean;
  readonly onDiscard: () => void;
  readonly onSave: (restart: boolean) => void;
}

function describeChange(specs: readonly FieldSpec[], name: string, value: FieldValue | undefined): string {
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec !== undefined) return isSet(value) ? valueInWords(spec, value) : defaultInWords(spec);
  return value === null || value === undefined ? 'default' : String(value);
}

function labelOf(specs: readonly FieldSpec[], name: string): string {
  const identity = IDENTITY.find((known) => known === name);
  if (identity !== undefined) return IDENTITY_LABELS[identity];
  return specs.find((spec) => spec.name === name)?.label ?? name;
}

/** Of the model itself, not of its engine's table. */
const RESTARTING: ReadonlySet<string> = new Set(['served_model_name', 'engine_build_id']);

/** Labels of those of the fields that apply after a restart only. */
function restartLabels(specs: readonly FieldSpec[], names: readonly string[]): string[] {
  return names
    .filter((name) => RESTARTING.has(name) || specs.some((spec) => spec.name === name && spec.needs_restart))
    .map((name) => labelOf(specs, name));
}

function SaveBar({ model, specs, before, patch, invalid, busy, onDiscard, onSave }: SaveBarProps) {
  const names = Object.keys(patch);
  const needsRestart = isUp(model) && restartLabels(specs, names).length > 0;
  return (
    <section
      aria-label="Unsaved changes"
      className="sticky bottom-4 z-10 flex flex-wrap items-center gap-x-6 gap-y-2 rounded-lg bg-raised px-4 py-3 shadow-float"
    >
      <ul className="min-w-0 flex-1 text-xs">
        {names.map((name) => (
          <li key={name} className="truncate">
            <span className="font-medium">{labelOf(specs, name)}</span>{' '}
            <span className="text-dim">{describeChange(specs, name, before[name])} → </span>
            {describeChange(specs, name, patch[name])}
          </li>
        ))}
        {needsRestart ? <li className="text-warning-text">Needs a restart of the model.</li> : null}
      </ul>
      <div className="flex gap-2">
        <Button tone="quiet" onClick={onDiscard}>
          Discard
        </Button>
        <Button tone={needsRestart ? 'plain' : 'primary'} disabled={invalid} busy={busy} onClick={() => onSave(false)}>
          Save
        </Button>
        {needsRestart ? (
          <Button tone="primary" disabled={invalid} busy={busy} onClick={() => onSave(true)}>
            Save and restart
          </Button>
        ) : null}
      </div>
    </section>
  );
}
