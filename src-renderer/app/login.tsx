import { useState, type FormEvent } from 'react';
import { describeError } from '../api/errors.ts';
import { Button } from '../ui/button.tsx';
import { Labelled, TextInput } from '../ui/field.tsx';
import { useFirstFocus } from '../ui/focus.ts';

/** The token of a pasted login link, bare path or bare token; null when there is none in it. */
export function tokenOf(pasted: string): string | null {
  const text = pasted.trim();
  const inLink = /[?&]token=([^&#\s]+)/.exec(text);
  if (inLink?.[1] !== undefined) return decodeURIComponent(inLink[1]);
  return /^[\w.~-]{8,}$/.test(text) ? text : null;
}

/** Trades a token for the session cookie, without it standing in an address; the refusal in words, or null. */
async function logIn(token: string): Promise<string | null> {
  try {
    const answer = await fetch('/login', {
      method: 'POST',
      body: new URLSearchParams({ token }),
      credentials: 'same-origin',
      signal: AbortSignal.timeout(15_000),
    });
    if (answer.ok) return null;
    return answer.status === 401
      ? 'This token was already used or has expired. Restart the program for a new link, or paste the admin token.'
      : `The program refused the login (${answer.status}).`;
  } catch (error) {
    return describeError(error).title;
  }
}

/** What a browser without a session sees. */
export function Login() {
  const [pasted, setPasted] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const field = useFirstFocus<HTMLInputElement>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const token = tokenOf(pasted);
    if (token === null) {
      setError('This holds no login token. Paste the whole line that ends in ?token=...');
      return;
    }
    setBusy(true);
    const refusal = await logIn(token);
    if (refusal === null) window.location.reload();
    else {
      setError(refusal);
      setBusy(false);
    }
  };
  return (
    <main className="flex h-full items-center justify-center bg-canvas p-6">
      <div className="w-full max-w-[440px] rounded-lg border bg-surface p-6">
        <img src="./mark.svg" alt="" className="mb-4 size-8" />
        <h1 className="text-lg font-semibold">Log in to Cortex</h1>
        <p className="mt-1 text-dim">
          When Cortex starts, it prints a login link in its terminal. Open that link, or paste it here. Each link works
          once. The admin token from the data directory works, too.
        </p>
        <pre className="mt-3 overflow-x-auto rounded-md border bg-sunken px-3 py-2 font-mono text-xs leading-[18px] text-dim">
          {`Cortex is ready at ${window.location.origin}\n${window.location.origin}/login?token=…`}
        </pre>
        <form onSubmit={(event) => void submit(event)} className="mt-4 grid grid-cols-1 gap-3">
          <Labelled label="Login link or token" error={error}>
            {(control) => (
              <TextInput
                {...control}
                ref={field}
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
          <Button type="submit" tone="primary" busy={busy} disabled={pasted.trim() === ''}>
            Log in
          </Button>
        </form>
      </div>
    </main>
  );
}
