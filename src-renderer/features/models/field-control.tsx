import { useState } from 'react';
import type { FieldSpec } from '#contract/engines.ts';
import type { FieldValue } from '#contract/models.ts';
import { TextInput } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { SuggestInput } from '../../ui/suggest-input.tsx';
import { OwnListEditor } from './own-list-editor.tsx';
import { ownKindOf } from './own-list.ts';
import { fieldText, parseFieldText, sameValue, valueInWords } from './field-values.ts';

interface ControlProps {
  readonly spec: FieldSpec;
  readonly id: string;
  readonly describedBy: string;
  readonly invalid: boolean;
  readonly value: FieldValue | undefined;
  readonly onChange: (value: FieldValue) => void;
}

const DEFAULT = '';

function defaultLabel(spec: FieldSpec): string {
  if (spec.default === null && spec.flag === null) return 'Not set';
  return spec.default === null ? 'Engine decides' : `Default (${valueInWords(spec, spec.default)})`;
}

/** The input that fits a field's type. Clearing it gives the default back. */
export function FieldControl(props: ControlProps) {
  const { spec, id, describedBy, invalid, value, onChange } = props;
  if (spec.type === 'boolean')
    return (
      <Select
        id={id}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        value={typeof value === 'boolean' ? (value ? 'on' : 'off') : DEFAULT}
        options={[
          { value: DEFAULT, label: defaultLabel(spec) },
          { value: 'on', label: 'On' },
          { value: 'off', label: 'Off' },
        ]}
        onChange={(next) => onChange(next === DEFAULT ? null : next === 'on')}
      />
    );
  if (spec.type === 'choice')
    return (
      <Select
        id={id}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        value={typeof value === 'string' ? value : DEFAULT}
        options={[
          { value: DEFAULT, label: defaultLabel(spec) },
          ...(spec.choices ?? []).map((choice) => ({ value: choice, label: choice })),
        ]}
        onChange={(next) => onChange(next === DEFAULT ? null : next)}
      />
    );
  const own = ownKindOf(spec.name);
  if (own !== null) return <OwnListEditor kind={own} {...props} />;
  return <TextField {...props} />;
}

/** Keeps what is being typed ("0.", "1,") as it is, and follows changes that come from outside. */
function TextField({ spec, id, describedBy, invalid, value, onChange }: ControlProps) {
  const [text, setText] = useState(() => fieldText(value));
  const shown = sameValue(parseFieldText(spec, text), value) ? text : fieldText(value);
  const numeric = spec.type === 'integer' || spec.type === 'number';
  if (spec.suggestions !== null)
    return (
      <SuggestInput
        id={id}
        listLabel={`Known values of ${spec.label}`}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        placeholder={fieldText(spec.default) || (spec.flag === null ? 'Not set' : 'Default')}
        value={shown}
        suggestions={spec.suggestions.map((known) => ({ value: known }))}
        onChange={(next) => {
          setText(next);
          onChange(parseFieldText(spec, next));
        }}
      />
    );
  return (
    <div className="relative">
      <TextInput
        id={id}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        inputMode={numeric ? 'decimal' : 'text'}
        className={numeric ? 'tabular-nums' : undefined}
        style={spec.unit === null ? undefined : { paddingRight: `${spec.unit.length + 2}ch` }}
        placeholder={fieldText(spec.default) || (spec.flag === null ? 'Not set' : 'Default')}
        value={shown}
        onChange={(event) => {
          setText(event.target.value);
          onChange(parseFieldText(spec, event.target.value));
        }}
      />
      {spec.unit === null ? null : (
        <span aria-hidden className="pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-dim">
          {spec.unit}
        </span>
      )}
    </div>
  );
}
