import { Checkbox as BaseCheckbox } from '@base-ui/react/checkbox';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import { Toggle } from '@base-ui/react/toggle';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';

interface CheckboxProps {
  readonly label: string;
  readonly hint?: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function Checkbox({ label, hint, checked, onChange }: CheckboxProps) {
  return (
    <label className="flex min-h-7 cursor-pointer items-center gap-2 select-none">
      <BaseCheckbox.Root
        checked={checked}
        onCheckedChange={onChange}
        className="flex size-4 shrink-0 items-center justify-center rounded-sm border border-field-line bg-surface data-checked:border-transparent data-checked:bg-accent-solid dark:bg-sunken"
      >
        <BaseCheckbox.Indicator className="text-accent-ink">
          <Check aria-hidden className="size-3" strokeWidth={3} />
        </BaseCheckbox.Indicator>
      </BaseCheckbox.Root>
      <span>{label}</span>
      {hint === undefined ? null : <span className="text-xs text-dim">{hint}</span>}
    </label>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  /** Shows the label beside it; otherwise it is only read out. */
  readonly shown?: boolean;
}

export function Switch({ label, checked, onChange, shown = false }: SwitchProps) {
  const control = (
    <BaseSwitch.Root
      aria-label={shown ? undefined : label}
      checked={checked}
      onCheckedChange={onChange}
      className="flex h-[18px] w-8 shrink-0 items-center rounded-full bg-line-strong p-0.5 transition-colors data-checked:bg-accent-solid"
    >
      <BaseSwitch.Thumb className="size-3.5 rounded-full bg-white shadow-sm transition-transform data-checked:translate-x-3.5" />
    </BaseSwitch.Root>
  );
  if (!shown) return control;
  return (
    <label className="flex min-h-7 cursor-pointer items-center gap-2 select-none">
      {control}
      <span>{label}</span>
    </label>
  );
}

interface SegmentsProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: ReactNode }[];
  readonly onChange: (value: Value) => void;
}

/** Two to four choices side by side. */
export function Segments<Value extends string>({ label, value, options, onChange }: SegmentsProps<Value>) {
  return (
    <ToggleGroup
      aria-label={label}
      value={[value]}
      onValueChange={(next) => {
        const chosen = options.find((option) => option.value === next[0]);
        if (chosen !== undefined) onChange(chosen.value);
      }}
      className="inline-flex h-8 w-fit items-center gap-0.5 rounded-md border border-field-line bg-sunken p-0.5"
    >
      {options.map((option) => (
        <Toggle
          key={option.value}
          value={option.value}
          className="inline-flex h-[26px] items-center gap-1.5 rounded-[5px] px-2.5 text-xs text-dim hover:text-ink data-pressed:bg-raised data-pressed:font-medium data-pressed:text-ink data-pressed:shadow-[0_0_0_1px_var(--line)] [&_svg]:size-3.5"
        >
          {option.label}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
