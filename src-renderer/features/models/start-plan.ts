import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { DryRun } from '#contract/dry-run.ts';
import type { FieldSpec } from '#contract/engines.ts';
import type { Model, ModelCreate, ModelPatch } from '#contract/models.ts';
import { api, client } from '../../api/client.ts';
import { describeError, isAbort, type ErrorDescription } from '../../api/errors.ts';
import { isLoggedOut } from '../../api/feed.ts';
import { useSettled } from '../../ui/settled.ts';
import { createInput, type DraftView } from './add-model-draft.ts';
import { issuesOfPlan, issuesOfRefusal, savingIssuesOfPlan, standingIssues, type FieldIssues } from './field-issues.ts';
import { isFieldValue, type FieldValues } from './field-values.ts';

/** What the program says of a start with the values of a form. */
export interface StartPlan {
  /** Null where the values were refused before a start could be thought of. */
  readonly plan: DryRun | null;
  readonly problem: ErrorDescription | null;
  /** The values it speaks of. */
  readonly judged: FieldValues;
  /** When it was said, in milliseconds. */
  readonly at: number;
}

/** A refusal is an answer here: it stays beside the form until the next one is there. */
async function planOf(judged: FieldValues, ask: () => Promise<DryRun>): Promise<StartPlan> {
  try {
    return { plan: await ask(), problem: null, judged, at: Date.now() };
  } catch (error) {
    if (isAbort(error) || isLoggedOut(error)) throw error;
    return { plan: null, problem: describeError(error), judged, at: Date.now() };
  }
}

const QUIET_MS = 250;

/** What a start would be with edits laid over a model. */
export function useEditedPlan(model: Model, patch: FieldValues) {
  const settled = useSettled(JSON.stringify(patch), QUIET_MS);
  return useQuery({
    // The model itself may change elsewhere.
    queryKey: [...api.models.dryRun.key(), model.id, model.updated_at, model.state, settled],
    queryFn: ({ signal }) => {
      const judged = JSON.parse(settled) as ModelPatch;
      return planOf(valuesIn(judged), () => client.models.dryRun({ ...judged, id: model.id }, { signal }));
    },
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** What a start of a model that is not saved yet would be. */
export function useDraftPlan(view: DraftView | null) {
  const settled = useSettled(view === null ? '' : JSON.stringify(plannedInput(view)), QUIET_MS);
  return useQuery({
    queryKey: [...api.models.dryRunDraft.key(), settled],
    queryFn: ({ signal }) => {
      const judged = JSON.parse(settled) as ModelCreate;
      return planOf(valuesIn(judged), () => client.models.dryRunDraft(judged, { signal }));
    },
    enabled: view !== null && settled !== '',
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** What a start takes does not depend on the token; asked for in a query, it would lie in the window's memory. */
function plannedInput({ draft, names, runtime }: DraftView): ModelCreate {
  const { hf_token: _, ...input } = createInput(draft, names, runtime);
  return input;
}

export function plannedValues(view: DraftView): FieldValues {
  return valuesIn(plannedInput(view));
}

export function valuesIn(input: Readonly<Record<string, unknown>>): FieldValues {
  return Object.fromEntries(
    Object.entries(input).flatMap(([name, value]) => (isFieldValue(value) ? [[name, value]] : [])),
  );
}

/** What is wrong with single fields by the last answer, as far as they have not been edited since. */
export function planIssues(start: StartPlan | undefined, now: FieldValues): FieldIssues {
  if (start === undefined) return {};
  const { plan, problem, judged } = start;
  return standingIssues(plan === null ? issuesOfRefusal(problem) : issuesOfPlan(plan), judged, now);
}

interface Sent {
  readonly values: FieldValues;
  /** In milliseconds. */
  readonly at: number;
}

/**
 * What a refusal says of fields that have not been edited since. A rule between two settings is mended at either of
 * them: of the engine's fields, what a dry run says of newer values stands instead.
 */
export function refusedIssues(
  problem: ErrorDescription | null,
  sent: Sent,
  now: FieldValues,
  { start, specs }: { readonly start: StartPlan | undefined; readonly specs: readonly FieldSpec[] },
): FieldIssues {
  const standing = standingIssues(issuesOfRefusal(problem), sent.values, now);
  if (start === undefined || start.at <= sent.at || sameConfiguration(start.judged, sent.values)) return standing;
  const ofEngine = new Set(specs.map(({ name }) => name));
  return Object.fromEntries(Object.entries(standing).filter(([name]) => !ofEngine.has(name)));
}

function sameConfiguration(judged: FieldValues, sent: FieldValues): boolean {
  const { hf_token: _, ...configuration } = sent;
  return JSON.stringify(judged) === JSON.stringify(configuration);
}

/** Those of them that keep the form from being saved. */
export function savingIssues(start: StartPlan | undefined, now: FieldValues): FieldIssues {
  if (start === undefined) return {};
  const { plan, problem, judged } = start;
  return standingIssues(plan === null ? issuesOfRefusal(problem) : savingIssuesOfPlan(plan), judged, now);
}
