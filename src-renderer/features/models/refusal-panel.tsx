import type { ErrorDescription } from '../../api/errors.ts';
import { ErrorPanel, Notice } from '../../ui/state.tsx';
import { inLabels, withoutName, type LabelOf } from './field-names.ts';

interface RefusalProps {
  /** What was refused: "The changes were not saved". */
  readonly what: string;
  readonly problem: ErrorDescription;
  readonly labelOf: LabelOf;
}

/** Why settings were refused, each field by the name it has in the form. */
export function RefusalPanel({ what, problem, labelOf }: RefusalProps) {
  if (problem.issues.length === 0) return <ErrorPanel what={what} problem={problem} />;
  return (
    <Notice tone="failed" role="alert" title={what}>
      <ul>
        {problem.issues.map(({ field, message }) => (
          <li key={`${field} ${message}`}>
            {field === '' ? null : <span className="text-ink">{labelOf(field) ?? field}: </span>}
            {inLabels(withoutName(message, field), labelOf)}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
