import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { toast } from 'sonner';
import type { FieldSpec } from '#contract/engines.ts';
import type { Model, ModelPatch } from '#contract/models.ts';
import { api, client } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Card } from '../../ui/page.tsx';
import { useSettled } from '../../ui/settled.ts';
import { ErrorPanel } from '../../ui/state.tsx';
import { FieldForm } from './field-form.tsx';
import { changedValues, valuesOf, type FieldValues } from './field-values.ts';
import { IdentityForm } from './identity-form.tsx';
import { anyProblem, fieldsFor, identityOf, keptToken } from './identity.ts';
import { PlanPanel } from './plan-panel.tsx';
import { differencesOf, SaveBar } from './save-bar.tsx';

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

interface FormProps extends ConfigurationProps {
  readonly specs: readonly FieldSpec[];
}

function useSave({ model, onEdits }: FormProps) {
  // What was typed on while it was being saved is still unsaved.
  const keepRest = (patch: FieldValues) => onEdits((edits) => changedValues(patch, edits));
  const save = useMutation({
    mutationFn: (patch: FieldValues) => client.models.update({ ...patch, id: model.id }),
    onSuccess: (answer, patch) => {
      keepRest(patch);
      const told = answer.converted.map(({ message }) => message).join(' ');
      const restart = answer.restart_required ? 'It applies after a restart.' : '';
      toast.success('Saved', { description: `${told} ${restart}`.trim() });
    },
  });
  const apply = useMutation({
    mutationFn: (patch: FieldValues) => client.models.apply({ ...patch, id: model.id }),
    onSuccess: (answer, patch) => {
      keepRest(patch);
      // A failed start shows with its diagnosis; it is no failure to save.
      if (answer.error === null)
        toast.success(answer.restarted ? 'Applied and restarted' : 'Applied, without a restart');
      else toastFailure('Saved, but the model did not come up', new Error(answer.error));
    },
  });
  return { save, apply };
}

const QUIET_MS = 250;

/** What a start would be with the edits laid over the model. */
function useEditedPlan(model: Model, patch: FieldValues) {
  const settled = useSettled(JSON.stringify(patch), QUIET_MS);
  return useQuery({
    ...api.models.dryRun.queryOptions({
      input: { ...(JSON.parse(settled) as ModelPatch), id: model.id },
      placeholderData: keepPreviousData,
      retry: false,
    }),
    // The model itself may change elsewhere.
    queryKey: [...api.models.dryRun.key(), model.id, model.updated_at, model.state, settled],
  });
}

function ConfigurationForm(props: FormProps) {
  const { model, specs, edits, onEdits } = props;
  const before = useMemo(
    () => ({ ...identityOf(model), ...valuesOf(model, specs), ...keptToken(model) }),
    [model, specs],
  );
  const values: FieldValues = { ...before, ...edits };
  const setValues = (next: FieldValues) => onEdits(() => changedValues(before, next));
  const { save, apply } = useSave(props);
  const patch = changedValues(before, values);
  const failure = save.error ?? apply.error;
  const problem = failure === null ? null : describeError(failure);
  const issues = Object.fromEntries((problem?.issues ?? []).map((issue) => [issue.field, issue.message]));
  const invalid = anyProblem(specs, values);
  const { hf_token: _, ...planned } = patch;
  const plan = useEditedPlan(model, invalid ? {} : planned);
  const runtime = values['runtime'] === 'container' ? 'container' : 'process';
  return (
    <div className="grid items-start gap-5 min-[1160px]:grid-cols-[minmax(0,1fr)_minmax(320px,34%)]">
      <div className="grid min-w-0 grid-cols-1 gap-4">
        <IdentityForm model={model} values={values} onChange={setValues} problem={problem} />
        <Card>
          <FieldForm
            specs={fieldsFor(specs, runtime, values)}
            values={values}
            onChange={setValues}
            issues={issues}
            flagSource={{
              engine: model.engine_type,
              runtime,
              image: typeof values['engine_image'] === 'string' ? values['engine_image'] : null,
            }}
          />
        </Card>
        {problem === null ? null : <ErrorPanel what="The changes were not saved" problem={problem} />}
        {Object.keys(patch).length === 0 ? null : (
          <SaveBar
            model={model}
            differences={differencesOf(specs, before, patch)}
            invalid={invalid}
            busy={save.isPending ? 'save' : apply.isPending ? 'apply' : null}
            onDiscard={() => {
              onEdits(() => ({}));
              save.reset();
              apply.reset();
            }}
            onSave={() => {
              apply.reset();
              save.mutate(patch);
            }}
            onApply={() => {
              save.reset();
              apply.mutate(patch);
            }}
          />
        )}
      </div>
      <aside
        aria-label="What a start would do"
        className="grid min-w-0 grid-cols-1 gap-3 min-[1160px]:sticky min-[1160px]:top-4"
      >
        <PlanPanel plan={plan} model={model} onPatch={(fix) => setValues({ ...values, ...fix })} />
      </aside>
    </div>
  );
}
