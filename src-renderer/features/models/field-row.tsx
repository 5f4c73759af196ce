import { RotateCcw } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import type { FieldSpec } from '#contract/engines.ts';
import type { FieldValue } from '#contract/models.ts';
import { IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { FieldControl } from './field-control.tsx';
import { defaultInWords, effectiveDefault, isSet, rangeInWords, versionsInWords } from './field-values.ts';
import { ownKindOf, type OwnKind } from './own-list.ts';

interface FieldRowProps {
  readonly spec: FieldSpec;
  readonly value: FieldValue | undefined;
  readonly issue: string | null;
  readonly trained: number | null;
  readonly onChange: (value: FieldValue) => void;
  /** Stands under the control. */
  readonly children?: ReactNode;
}

/** What to know of a field beside its help: the default, the range, the versions and the runtime that know it. */
function notesOn(spec: FieldSpec, trained: number | null): readonly string[] {
  const only = spec.runtime === null ? null : `${spec.runtime === 'container' ? 'containers' : 'processes'} only`;
  const standard = spec.default === null && spec.flag === null ? null : defaultInWords(spec, trained);
  return [standard, rangeInWords(spec), versionsInWords(spec), only].filter((note) => note !== null);
}

/** Edited as rows, they need no word of how they are written down. */
const OWN_HELP: Readonly<Record<OwnKind, string>> = {
  flag: 'Flags the settings above do not have. A pasted line such as --flag value becomes its rows.',
  variable: 'Variables for the engine alone. A pasted line such as NAME=value becomes its row.',
};

/** A setting: what it is, its control, and what is wrong with it. */
export function FieldRow({ spec, value, issue, trained, onChange, children }: FieldRowProps) {
  const id = useId();
  const set = isSet(value);
  const notes = notesOn(spec, trained);
  const own = ownKindOf(spec.name);
  const wide = own !== null;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_200px_28px] items-start gap-x-3 px-4 py-2 hover:bg-hover @max-[520px]:grid-cols-[minmax(0,1fr)_28px] @max-[520px]:gap-y-1">
      <div className={classNames('min-w-0 pt-0.5 @max-[520px]:col-span-2', wide && 'col-span-2')}>
        <label htmlFor={id} className="flex items-center gap-1.5 font-medium">
          {spec.label}
          {set ? <span className="size-1.5 rounded-full bg-accent" title="Changed" /> : null}
        </label>
        <p id={`${id}-note`} className="text-xs text-dim">
          {own === null ? spec.help : OWN_HELP[own]}
          <span className="block tabular-nums">
            {spec.flag === null ? null : <code className="font-mono text-ink">{spec.flag}</code>}
            {spec.flag === null || notes.length === 0 ? '' : ' · '}
            {notes.join(' · ')}
          </span>
        </p>
      </div>
      <div className={wide ? 'order-last col-span-full mt-1.5' : undefined}>
        <FieldControl
          spec={{ ...spec, default: effectiveDefault(spec, trained) }}
          id={id}
          describedBy={`${id}-note`}
          invalid={issue !== null}
          value={value}
          onChange={onChange}
        />
        {issue === null ? null : (
          <p role="alert" className="mt-1 text-xs text-failed-text">
            {issue}
          </p>
        )}
        {children}
      </div>
      {set ? (
        <IconButton label={`Reset ${spec.label}`} className="mt-0.5" onClick={() => onChange(null)}>
          <RotateCcw aria-hidden />
        </IconButton>
      ) : null}
    </div>
  );
}
