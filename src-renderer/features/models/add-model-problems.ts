import type { ModelCreate } from '#contract/models.ts';
import { describeError } from '../../api/errors.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { createInput, type DraftView } from './add-model-draft.ts';
import { servedNameProblem } from './add-model-fields.tsx';
import { issuesOfRefusal } from './field-issues.ts';
import { labelsFrom } from './field-names.ts';
import { wrongFields } from './identity.ts';
import { planIssues, plannedValues, refusedIssues, savingIssues, useDraftPlan, valuesIn } from './start-plan.ts';

/** The last attempt to create a model. */
interface Creation {
  readonly error: unknown;
  readonly variables: { readonly input: ModelCreate } | undefined;
  readonly submittedAt: number;
}

/** What is wrong with the page: said by itself, by the last answer of a dry run, and by what was refused on creating. */
export function useDraftProblems(
  view: DraftView | null,
  taken: ReadonlySet<string>,
  { error, variables, submittedAt }: Creation,
) {
  const specs = useEngineSpecs();
  const fields = specs.data?.find((spec) => spec.engine_type === view?.draft.engine)?.fields ?? [];
  const start = useDraftPlan(view).data;
  const planned = view === null ? {} : plannedValues(view);
  const problem = error === null ? null : describeError(error);
  const now = view === null ? {} : valuesIn(createInput(view.draft, view.names, view.runtime));
  const told = issuesOfRefusal(problem);
  const sent = { values: valuesIn(variables?.input ?? {}), at: submittedAt };
  const refused = refusedIssues(problem, sent, now, { start, specs: fields });
  const unset = view === null ? [] : namesToMend(view, taken);
  const wrong = view === null ? [] : wrongFields(fields, view.draft.values);
  const saving = savingIssues(start, planned);
  return {
    start: view === null ? undefined : start,
    issues: { ...planIssues(start, planned), ...refused },
    count: new Set([...unset, ...wrong, ...Object.keys(refused), ...Object.keys(saving)]).size,
    labelOf: labelsFrom(fields),
    /** Null once every field it names has been edited. */
    problem: Object.keys(told).length > 0 && Object.keys(refused).length === 0 ? null : problem,
  };
}

function namesToMend({ names }: DraftView, taken: ReadonlySet<string>): readonly string[] {
  const named = names.name.trim() === '' ? ['name'] : [];
  return servedNameProblem(names.served, taken) === null ? named : [...named, 'served_model_name'];
}
