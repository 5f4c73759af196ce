import { useState } from 'react';
import { Button } from './button.tsx';
import { Labelled, TextInput } from './field.tsx';

/** Undefined leaves what is kept, null removes it, a text takes its place. */
export type SecretChange = string | null | undefined;

interface SecretFieldProps {
  readonly label: string;
  /** What it is in a sentence: "key", "token". */
  readonly noun: string;
  readonly kept: boolean;
  readonly change: SecretChange;
  readonly onChange: (change: SecretChange) => void;
  readonly hint?: string;
  readonly error?: string | null;
}

/** A secret that can be given and never read back. */
export function SecretField({ label, noun, kept, change, onChange, hint, error }: SecretFieldProps) {
  const [replacing, setReplacing] = useState(false);
  const typing = !kept || replacing;
  if (typing && change !== null)
    return (
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <Labelled label={label} hint={hint ?? `Kept encrypted, and never shown again.`} error={error ?? null}>
            {(control) => (
              <TextInput
                {...control}
                type="password"
                autoComplete="new-password"
                className="font-mono text-xs"
                value={change ?? ''}
                onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
              />
            )}
          </Labelled>
        </div>
        {kept ? (
          <Button
            tone="quiet"
            className="mt-5"
            onClick={() => {
              setReplacing(false);
              onChange(undefined);
            }}
          >
            Keep the old one
          </Button>
        ) : null}
      </div>
    );
  return (
    <fieldset>
      <legend className="mb-1 text-xs font-medium">{label}</legend>
      <div className="flex min-h-8 flex-wrap items-center gap-2">
        <span className={change === null ? 'text-warning-text' : undefined}>
          {change === null ? `The ${noun} is removed on saving.` : `A ${noun} is kept.`}
        </span>
        {change === null ? (
          <Button size="small" onClick={() => onChange(undefined)}>
            Keep it
          </Button>
        ) : (
          <>
            <Button size="small" aria-label={`Replace the ${noun}`} onClick={() => setReplacing(true)}>
              Replace
            </Button>
            <Button size="small" aria-label={`Remove the ${noun}`} onClick={() => onChange(null)}>
              Remove
            </Button>
          </>
        )}
      </div>
      <p className="mt-1 text-xs text-dim">{hint ?? 'It is kept encrypted and never shown again.'}</p>
    </fieldset>
  );
}
