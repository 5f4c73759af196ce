import { Labelled, TextInput } from './field.tsx';

interface PathFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly onChange: (path: string) => void;
}

/** A path on the machine that the program runs on, typed by hand. */
export function PathField({ label, hint, value, onChange }: PathFieldProps) {
  return (
    <Labelled label={label} hint={hint}>
      {(control) => (
        <TextInput
          {...control}
          className="font-mono text-xs"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  );
}
