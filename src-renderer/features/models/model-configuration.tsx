import { useMutation } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { toast } from 'sonner';
import type { FieldSpec } from '#contract/engines.ts';
import type { Model } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Card } from '../../ui/page.tsx';
import { issuesOfRefusal, showFirstProblem } from './field-issues.ts';
import { FieldForm } from './field-form.tsx';
import { labelsFrom } from './field-names.ts';
import { changedValues, valuesOf, type FieldValues } from './field-values.ts';
import { IdentityForm } from './identity-form.tsx';
import { fieldsFor, IDENTITY, identityOf, keptToken, wrongFields } from './identity.ts';
import { PlanPanel } from './plan-panel.tsx';
import { RefusalPanel } from './refusal-panel.tsx';
import { differencesOf, SaveBar } from './save-bar.tsx';
import { planIssues, refusedIssues, savingIssues, useEditedPlan } from './start-plan.ts';

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

type Saving = ReturnType<typeof useSave>;

/** Fields that the form shows beside those of the engine. */
const SHOWN_FIELDS = new Set<string>([...IDENTITY, 'hf_token']);

/** What is wrong with the form: said by itself, by the last answer of a dry run, and by what was refused on saving. */
function useProblems(props: FormProps, values: FieldValues, patch: FieldValues, { save, apply }: Saving) {
  const { model, specs } = props;
  const failed = save.error === null ? apply : save;
  const problem = failed.error === null ? null : describeError(failed.error);
  const wrong = wrongFields(specs, values);
  const { hf_token: _, ...planned } = patch;
  const start = useEditedPlan(model, wrong.length > 0 ? {} : planned);
  const sent = { values: failed.variables ?? {}, at: failed.submittedAt };
  const refused = refusedIssues(problem, sent, patch, { start: start.data, specs });
  const shown = (name: string) => SHOWN_FIELDS.has(name) || specs.some((spec) => spec.name === name);
  const told = problem !== null && Object.keys(issuesOfRefusal(problem)).length > 0;
  return {
    start,
    issues: { ...planIssues(start.data, planned), ...refused },
    count: new Set([...wrong, ...Object.keys(refused), ...Object.keys(savingIssues(start.data, planned))]).size,
    /** A refusal that no field of the form shows. */
    unplaced: told && Object.keys(refused).every(shown) ? null : problem,
    failure: failed.error,
  };
}

function ConfigurationForm(props: FormProps) {
  const { model, specs, edits, onEdits } = props;
  const before = useMemo(
    () => ({ ...identityOf(model), ...valuesOf(model, specs), ...keptToken(model) }),
    [model, specs],
  );
  const values: FieldValues = { ...before, ...edits };
  const setValues = (next: FieldValues) => onEdits(() => changedValues(before, next));
  const saving = useSave(props);
  const { save, apply } = saving;
  const patch = changedValues(before, values);
  const { start, issues, count, unplaced, failure } = useProblems(props, values, patch, saving);
  const labelOf = labelsFrom(specs);
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (failure !== null) showFirstProblem(form.current);
  }, [failure]);
  const runtime = values['runtime'] === 'container' ? 'container' : 'process';
  return (
    <div className="grid items-start gap-5 min-[1160px]:grid-cols-[minmax(0,1fr)_minmax(320px,34%)]">
      <div ref={form} className="grid min-w-0 grid-cols-1 gap-4">
        <IdentityForm model={model} values={values} onChange={setValues} issues={issues} />
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
        {unplaced === null ? null : (
          <RefusalPanel what="The changes were not saved" problem={unplaced} labelOf={labelOf} />
        )}
        {Object.keys(patch).length === 0 ? null : (
          <SaveBar
            model={model}
            differences={differencesOf(specs, before, patch)}
            problems={count}
            busy={save.isPending ? 'save' : apply.isPending ? 'apply' : null}
            onShowProblem={() => showFirstProblem(form.current)}
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
        <PlanPanel
          start={start.data}
          model={model}
          loading={start.isPending}
          labelOf={labelOf}
          onPatch={(fix) => setValues({ ...values, ...fix })}
        />
      </aside>
    </div>
  );
}
