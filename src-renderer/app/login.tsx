import { useState, type FormEvent } from 'react';
import { Button } from '../ui/button.tsx';
import { Labelled, TextInput } from '../ui/field.tsx';

/** The token of a pasted login link, bare path or bare token; null when there is none in it. */
export function tokenOf(pasted: string): string | null {
  const text = pasted.trim();
  const inLink = /[?&]token=([^&#\s]+)/.exec(text);
  if (inLink?.[1] !== undefined) return decodeURIComponent(inLink[1]);
  return /^[\w.~-]{8,}$/.test(text) ? text : null;
}

/** What a browser without a session sees. */
export function Login() {
  const [pasted, setPasted] = useState('');
  const [error, setError] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const token = tokenOf(pasted);
    if (token === null) setError('This holds no login token. Paste the whole line that ends in ?token=...');
    else window.location.assign(`/login?token=${encodeURIComponent(token)}`);
  };
  return (
    <main className="flex h-full items-center justify-center bg-canvas p-6">
      <div className="w-full max-w-[440px] rounded-lg border bg-surface p-6">
        <img src="./mark.svg" alt="" className="mb-4 size-8" />
        <h1 className="text-lg font-semibold">Log in to Cortex</h1>
        <p className="mt-1 text-dim">
          When Cortex starts, it prints a login link in its terminal. Open that link, or paste it here. Each link works
          once; restart the program for a new one.
        </p>
        <pre className="mt-3 overflow-x-auto rounded-md border bg-sunken px-3 py-2 font-mono text-xs leading-[18px] text-dim">
          {`Cortex is ready at ${window.location.origin}\n${window.location.origin}/login?token=…`}
        </pre>
        <form onSubmit={submit} className="mt-4 grid grid-cols-1 gap-3">
          <Labelled label="Login link or token" error={error}>
            {(control) => (
              <TextInput
                {...control}
                className="font-mono text-xs"
                autoComplete="off"
                value={pasted}
                onChange={(event) => {
                  setPasted(event.target.value);
                  setError(null);
                }}
              />
            )}
          </Labelled>
          <Button type="submit" tone="primary" disabled={pasted.trim() === ''}>
            Log in
          </Button>
        </form>
      </div>
    </main>
  );
}
