import { useId, type ComponentProps, type ReactNode } from 'react';
import { classNames } from './class-names.ts';

const CONTROL =
  'w-full rounded-md border border-field-line bg-surface text-ink transition-colors hover:border-dim/60 disabled:opacity-50 aria-invalid:border-failed dark:bg-sunken';

export const controlClass = classNames(CONTROL, 'h-8 px-2.5');

export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return <input type="text" spellCheck={false} className={classNames(controlClass, className)} {...rest} />;
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={classNames(CONTROL, 'px-2.5 py-1.5', className)} {...rest} />;
}

interface LabelledProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null | undefined;
  readonly children: (control: {
    readonly id: string;
    readonly 'aria-describedby'?: string;
    readonly 'aria-invalid'?: true;
  }) => ReactNode;
}

/** A label above its control, a hint below it, and in its place the error when there is one. */
export function Labelled({ label, hint, error, children }: LabelledProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const failed = error !== undefined && error !== null;
  const note = failed ? error : hint;
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-xs font-medium">
        {label}
      </label>
      {children({
        id,
        ...(note === undefined ? {} : { 'aria-describedby': noteId }),
        ...(failed ? { 'aria-invalid': true } : {}),
      })}
      {note === undefined ? null : (
        <p id={noteId} className={classNames('mt-1 text-xs', failed ? 'text-failed-text' : 'text-dim')}>
          {note}
        </p>
      )}
    </div>
  );
}
