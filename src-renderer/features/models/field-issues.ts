import type { DryRun } from '#contract/dry-run.ts';
import type { ErrorDescription } from '../../api/errors.ts';
import { withoutName } from './field-names.ts';
import { sameValue, type FieldValues } from './field-values.ts';

/** What is wrong with the values of a form, a sentence by field. */
export type FieldIssues = Readonly<Record<string, string>>;

/** What a refusal says of single fields. */
export function issuesOfRefusal(problem: ErrorDescription | null): FieldIssues {
  if (problem === null) return {};
  if (problem.code === 'served_name_in_use') return { served_model_name: problem.title };
  return byField(problem.issues);
}

/** What a dry run says of single fields, as far as a start would be refused for it. */
export function issuesOfPlan(plan: DryRun | undefined): FieldIssues {
  return byField(errorsOf(plan));
}

/** Those of a dry run for which not even saving would be taken. */
export function savingIssuesOfPlan(plan: DryRun | undefined): FieldIssues {
  return byField(errorsOf(plan).filter(({ category }) => category === 'config'));
}

const errorsOf = (plan: DryRun | undefined) =>
  (plan?.warnings ?? []).flatMap(({ severity, category, field, message }) =>
    severity === 'error' && field !== null ? [{ category, field, message }] : [],
  );

function byField(issues: readonly { readonly field: string; readonly message: string }[]): FieldIssues {
  // The first that is said of a field stands.
  return Object.fromEntries(
    issues
      .filter(({ field }) => field !== '')
      .map(({ field, message }) => [field, withoutName(message, field)])
      .toReversed(),
  );
}

/** Of what was said when the form held `judged`, that whose field has not been edited since. */
export function standingIssues(issues: FieldIssues, judged: FieldValues, now: FieldValues): FieldIssues {
  return Object.fromEntries(Object.entries(issues).filter(([name]) => sameValue(judged[name], now[name])));
}

/** "1 setting is not valid". */
export function problemCountInWords(problems: number): string {
  return problems === 1 ? '1 setting is not valid' : `${problems} settings are not valid`;
}

/** Brings the first marked field of a form into sight and puts the cursor there. */
export function showFirstProblem(form: HTMLElement | null): void {
  const first = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  first?.scrollIntoView({ block: 'center' });
  first?.focus({ preventScroll: true });
}
