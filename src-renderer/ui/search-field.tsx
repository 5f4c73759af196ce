import { Search } from 'lucide-react';
import type { ComponentProps } from 'react';
import { classNames } from './class-names.ts';
import { TextInput } from './field.tsx';

interface SearchFieldProps extends Omit<ComponentProps<'input'>, 'onChange' | 'value' | 'aria-label' | 'type'> {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

export function SearchField({ label, value, onChange, className, placeholder, ...rest }: SearchFieldProps) {
  return (
    <div className={classNames('relative min-w-40', className)}>
      <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-dim" />
      <TextInput
        aria-label={label}
        placeholder={placeholder ?? 'Search'}
        className="pl-8"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
    </div>
  );
}
