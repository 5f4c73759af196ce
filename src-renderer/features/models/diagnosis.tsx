import { Wrench } from 'lucide-react';
import type { Diagnosis, FieldValue, Model } from '#contract/models.ts';
import { useApplyFix, type Fix } from '../../parts/model-actions.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Prose } from '../../ui/prose.tsx';
import { count } from '../../ui/format.ts';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { useLabels } from './engine-labels.ts';
import { inLabels, withoutRepeats, type LabelOf } from './field-names.ts';
import { fieldText } from './field-values.ts';

interface DiagnosisProps {
  readonly model: Model;
  readonly diagnosis: Diagnosis;
  readonly className?: string;
  /** Shows a line of the evidence where it stands in the log. */
  readonly onEvidence?: ((line: string) => void) | undefined;
}

/** Why an engine failed: the sentence, the log lines that show it, and what would mend it. */
export function DiagnosisView({ model, diagnosis, onEvidence, className }: DiagnosisProps) {
  const labelOf = useLabels(model.engine_type);
  return (
    <section aria-label={`Why ${model.name} failed`} className={classNames('grid grid-cols-1 gap-2', className)}>
      <p className="font-medium wrap-anywhere">
        <Prose text={inLabels(diagnosis.summary, labelOf)} />
      </p>
      {diagnosis.evidence.length === 0 ? null : (
        <ScrollRegion
          label="Evidence"
          className="max-h-40 overflow-auto rounded-md border bg-sunken py-2 font-mono text-xs leading-[18px] break-all whitespace-pre-wrap"
        >
          {diagnosis.evidence.map((line) => (
            <EvidenceLine key={line} line={line} onEvidence={onEvidence} />
          ))}
        </ScrollRegion>
      )}
      <ul className="grid grid-cols-1 gap-1">
        {withoutRepeats(diagnosis.fixes).map((fix) => (
          <FixRow key={fix.title} model={model} fix={fix} labelOf={labelOf} />
        ))}
      </ul>
    </section>
  );
}

interface EvidenceProps {
  readonly line: string;
  readonly onEvidence: ((line: string) => void) | undefined;
}

function EvidenceLine({ line, onEvidence }: EvidenceProps) {
  if (onEvidence === undefined) return <div className="px-3">{line}</div>;
  return (
    <button
      type="button"
      title="Show it in the log"
      onClick={() => onEvidence(line)}
      className="block w-full px-3 py-[3px] text-left break-all whitespace-pre-wrap hover:bg-hover hover:underline"
    >
      {line}
    </button>
  );
}

type FixOf = Diagnosis['fixes'][number];

interface FixProps {
  readonly model: Model;
  readonly fix: FixOf;
  readonly labelOf: LabelOf;
}

function FixRow({ model, fix, labelOf }: FixProps) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Wrench aria-hidden className="size-3.5 shrink-0 text-dim" />
      <span className="min-w-0 wrap-anywhere">
        <Prose text={inLabels(fix.title, labelOf)} />
      </span>
      {fix.patch === null ? null : (
        <>
          <span className="min-w-0 text-xs wrap-anywhere text-dim">
            {Object.entries(fix.patch).map(([name, value]) => (
              <span key={name} className="mr-2">
                {labelOf(name) ?? name} {patchedInWords(value)} <code className="font-mono">{name}</code>
              </span>
            ))}
          </span>
          <ApplyFix model={model} title={fix.title} patch={fix.patch} />
        </>
      )}
    </li>
  );
}

function patchedInWords(value: FieldValue): string {
  if (value === null) return 'as by default';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' ? count(value) : fieldText(value);
}

function ApplyFix(fix: Fix) {
  const apply = useApplyFix();
  return (
    <Button
      size="small"
      tone="primary"
      aria-label={`Apply fix and retry: ${fix.title}`}
      busy={apply.isPending}
      onClick={() => apply.mutate(fix)}
    >
      Apply fix and retry
    </Button>
  );
}

/** The short form: the sentence, and the first fix that is one click. */
export function FirstFix({ model, diagnosis }: { readonly model: Model; readonly diagnosis: Diagnosis }) {
  const labelOf = useLabels(model.engine_type);
  const first = diagnosis.fixes.find(({ patch }) => patch !== null) ?? null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
      <p className="min-w-0 flex-[1_1_320px] wrap-anywhere text-failed-text">
        <Prose text={inLabels(diagnosis.summary, labelOf)} />
      </p>
      {first === null || first.patch === null ? null : (
        <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 text-dim">
            <Prose text={inLabels(first.title, labelOf)} />
          </span>
          <ApplyFix model={model} title={first.title} patch={first.patch} />
        </span>
      )}
    </div>
  );
}
