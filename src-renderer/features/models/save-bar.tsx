import { useState } from 'react';
import type { FieldSpec } from '#contract/engines.ts';
import type { FieldValue, Model } from '#contract/models.ts';
import { isUp } from '../../parts/model-state.tsx';
import { Button } from '../../ui/button.tsx';
import { Badge } from '../../ui/state.tsx';
import { problemCountInWords } from './field-issues.ts';
import { labelsFrom } from './field-names.ts';
import { defaultInWords, isSet, valueInWords, type FieldValues } from './field-values.ts';
import { identityNeedsRestart } from './identity.ts';

interface Difference {
  readonly name: string;
  readonly label: string;
  readonly before: string;
  readonly after: string;
  readonly needsRestart: boolean;
}

function inWords(spec: FieldSpec | undefined, value: FieldValue | undefined): string {
  if (spec !== undefined) return isSet(value) ? valueInWords(spec, value) : defaultInWords(spec);
  return value === null || value === undefined ? 'default' : String(value);
}

/** What a patch changes, each line with its name and both values in words. A secret is never among the values. */
export function differencesOf(
  specs: readonly FieldSpec[],
  before: FieldValues,
  patch: FieldValues,
): readonly Difference[] {
  const labelOf = labelsFrom(specs);
  return Object.entries(patch).map(([name, value]) => {
    const label = labelOf(name) ?? name;
    if (name === 'hf_token') {
      const after = value === null ? 'removed' : 'a new one';
      return { name, label, before: '', after, needsRestart: true };
    }
    const spec = specs.find((candidate) => candidate.name === name);
    return {
      name,
      label,
      before: inWords(spec, before[name]),
      after: inWords(spec, value),
      needsRestart: identityNeedsRestart(name) || spec?.needs_restart === true,
    };
  });
}

interface SaveBarProps {
  readonly model: Model;
  readonly differences: readonly Difference[];
  /** Fields that cannot be saved as they stand. */
  readonly problems: number;
  readonly busy: 'save' | 'apply' | null;
  readonly onShowProblem: () => void;
  readonly onDiscard: () => void;
  readonly onSave: () => void;
  readonly onApply: () => void;
}

const SHOWN = 4;

/** Why nothing can be saved, and the way to the first of it. */
export function ProblemCount({ problems, onShow }: { readonly problems: number; readonly onShow: () => void }) {
  return (
    <output className="text-xs">
      <button type="button" onClick={onShow} className="h-7 rounded-sm px-1 text-failed-text hover:underline">
        {problemCountInWords(problems)}
      </button>
    </output>
  );
}

/** What would be saved, and what of it needs a restart; always in sight while there is anything. */
export function SaveBar(props: SaveBarProps) {
  const { model, differences, problems, busy, onShowProblem, onDiscard, onSave, onApply } = props;
  const invalid = problems > 0;
  const [open, setOpen] = useState(false);
  const needsRestart = isUp(model) && differences.some((difference) => difference.needsRestart);
  const shown = open ? differences : differences.slice(0, SHOWN);
  return (
    <section
      aria-label="Unsaved changes"
      className="sticky bottom-4 z-10 flex flex-wrap items-end gap-x-6 gap-y-2 rounded-lg bg-raised px-4 py-3 shadow-float"
    >
      <div className="min-w-60 flex-1">
        <ul aria-label="Changes" className="grid max-h-48 grid-cols-1 gap-0.5 overflow-y-auto text-xs">
          {shown.map(({ name, label, before, after, needsRestart: restarts }) => (
            <li key={name} className="flex min-w-0 items-center gap-2">
              <span className="min-w-0 truncate">
                <span className="font-medium">{label}</span>{' '}
                <span className="text-dim">{before === '' ? '' : `${before} → `}</span>
                {after}
              </span>
              {restarts && isUp(model) ? <Badge tone="warning">restart</Badge> : null}
            </li>
          ))}
        </ul>
        {differences.length > SHOWN ? (
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            className="h-7 rounded-sm text-xs text-dim hover:text-ink"
          >
            {open ? 'Show fewer' : `${differences.length - SHOWN} more`}
          </button>
        ) : null}
      </div>
      <div className="ml-auto flex flex-wrap items-center justify-end gap-2">
        {invalid ? <ProblemCount problems={problems} onShow={onShowProblem} /> : null}
        <Button tone="quiet" onClick={onDiscard}>
          Discard
        </Button>
        <Button
          tone={needsRestart ? 'plain' : 'primary'}
          disabled={invalid || busy === 'apply'}
          busy={busy === 'save'}
          onClick={onSave}
        >
          Save
        </Button>
        {needsRestart ? (
          <Button tone="primary" disabled={invalid || busy === 'save'} busy={busy === 'apply'} onClick={onApply}>
            Apply and restart
          </Button>
        ) : null}
      </div>
    </section>
  );
}
