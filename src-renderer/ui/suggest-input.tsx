import { Autocomplete } from '@base-ui/react/autocomplete';
import { ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { controlClass } from './field.tsx';

export interface Suggestion {
  readonly value: string;
  /** Beside it, dimmed: a size, a state. */
  readonly note?: ReactNode;
}

interface SuggestInputProps {
  readonly id: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly suggestions: readonly Suggestion[];
  readonly placeholder?: string;
  readonly className?: string;
  /** Names the list: "Known values". */
  readonly listLabel: string;
  readonly 'aria-describedby'?: string | undefined;
  readonly 'aria-invalid'?: true | undefined;
}

/** A text field with known values to choose from; any other text is taken, too. */
export function SuggestInput(props: SuggestInputProps) {
  const { id, value, onChange, suggestions, placeholder, className, listLabel, ...aria } = props;
  return (
    <Autocomplete.Root
      items={suggestions}
      value={value}
      onValueChange={onChange}
      itemToStringValue={(suggestion: Suggestion) => suggestion.value}
      openOnInputClick
    >
      <div className="relative">
        <Autocomplete.Input
          id={id}
          spellCheck={false}
          placeholder={placeholder}
          className={classNames(controlClass, 'pr-7', className)}
          {...aria}
        />
        <Autocomplete.Trigger
          aria-label={listLabel}
          tabIndex={-1}
          className="absolute inset-y-0 right-1 flex w-6 items-center justify-center text-dim"
        >
          <ChevronsUpDown aria-hidden className="size-3.5" />
        </Autocomplete.Trigger>
      </div>
      <Autocomplete.Portal>
        <Autocomplete.Positioner className="z-50" sideOffset={4} align="start">
          <Autocomplete.Popup className="floats max-h-72 max-w-[min(560px,90vw)] min-w-[var(--anchor-width)] overflow-y-auto rounded-lg bg-raised p-1 shadow-float outline-none empty:hidden">
            <Autocomplete.List aria-label={listLabel} className="outline-none">
              {(suggestion: Suggestion) => (
                <Autocomplete.Item
                  key={suggestion.value}
                  value={suggestion}
                  className="flex min-h-7 cursor-default items-center gap-4 rounded-md px-2 py-1 font-mono text-xs outline-none select-none data-highlighted:bg-hover"
                >
                  <span className="min-w-0 truncate">{suggestion.value}</span>
                  {suggestion.note === undefined ? null : (
                    <span className="ml-auto font-sans text-xs whitespace-nowrap text-dim">{suggestion.note}</span>
                  )}
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Popup>
        </Autocomplete.Positioner>
      </Autocomplete.Portal>
    </Autocomplete.Root>
  );
}
