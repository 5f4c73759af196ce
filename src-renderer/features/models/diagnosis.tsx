import { Wrench } from 'lucide-react';
import type { Diagnosis, Model } from '#contract/models.ts';
import { useApplyFix } from '../../parts/model-actions.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Prose } from '../../ui/prose.tsx';
import { ScrollRegion } from '../../ui/scroll-region.tsx';

interface DiagnosisProps {
  readonly model: Model;
  readonly diagnosis: Diagnosis;
  readonly className?: string;
}

/** Why an engine failed: the sentence, the log lines that show it, and what would mend it. */
export function DiagnosisView({ model, diagnosis, className }: DiagnosisProps) {
  const apply = useApplyFix();
  return (
    <section aria-label={`Why ${model.name} failed`} className={classNames('grid grid-cols-1 gap-2', className)}>
      <p className="font-medium wrap-anywhere">
        <Prose text={diagnosis.summary} />
      </p>
      {diagnosis.evidence.length === 0 ? null : (
        <ScrollRegion
          label="Evidence"
          className="max-h-40 overflow-auto rounded-md border bg-sunken px-3 py-2 font-mono text-xs leading-[18px] break-all whitespace-pre-wrap"
        >
          {diagnosis.evidence.join('\n')}
        </ScrollRegion>
      )}
      {diagnosis.fixes.map((fix) => (
        <div key={fix.title} className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Wrench aria-hidden className="size-3.5 shrink-0 text-dim" />
          <span className="min-w-0 wrap-anywhere">
            <Prose text={fix.title} />
          </span>
          {fix.patch === null ? null : (
            <>
              <code className="min-w-0 font-mono text-xs wrap-anywhere text-dim">
                {Object.entries(fix.patch)
                  .map(([name, value]) => `${name} = ${value === null ? 'default' : String(value)}`)
                  .join(', ')}
              </code>
              <Button
                size="small"
                tone="primary"
                busy={apply.isPending}
                onClick={() => {
                  if (fix.patch !== null) apply.mutate({ model, patch: fix.patch });
                }}
              >
                Apply fix and retry
              </Button>
            </>
          )}
        </div>
      ))}
    </section>
  );
}
