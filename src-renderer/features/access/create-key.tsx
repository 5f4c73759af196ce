import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Scope, type ApiKeyCreated } from '#contract/access.ts';
import { api, client } from '../../api/client.ts';
import { describeError, issueOf } from '../../api/errors.ts';
import { useModels } from '../../api/live.ts';
import { useProgramInfo } from '../../api/queries.ts';
import { openAIBase } from '../../parts/endpoint.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox, Segments } from '../../ui/choice.tsx';
import { Code } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Labelled, TextInput } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { ErrorPanel, Notice } from '../../ui/state.tsx';
import { curlSnippet, pythonSnippet } from './snippets.ts';

const SCOPE_WORDS: Record<Scope, { readonly label: string; readonly hint: string }> = {
  chat: { label: 'Chat', hint: '/v1/chat/completions' },
  completions: { label: 'Completions', hint: '/v1/completions' },
  embeddings: { label: 'Embeddings', hint: '/v1/embeddings' },
};

const EXPIRY = [
  { value: 'never', label: 'Never' },
  { value: '1', label: 'In a day' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: 'date', label: 'On a date' },
] as const;
type Expiry = (typeof EXPIRY)[number]['value'];

const DAY_S = 86_400;

/** Epoch seconds; null for never. A date ends with its last second, where the reader is. */
export function expiresAt(expiry: Expiry, date: string, nowSeconds: number): number | null {
  if (expiry === 'never') return null;
  if (expiry !== 'date') return Math.round(nowSeconds + Number(expiry) * DAY_S);
  return Math.round(new Date(`${date}T23:59:59`).getTime() / 1000);
}

interface CreateKeyProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

export function CreateKey({ open, onClose }: CreateKeyProps) {
  const [created, setCreated] = useState<ApiKeyCreated | null>(null);
  const close = () => {
    onClose();
    setCreated(null);
  };
  if (created !== null) return <KeyShown open={open} created={created} onClose={close} />;
  return (
    <Dialog open={open} onOpenChange={close} title="Create key">
      <CreateForm onCreated={setCreated} onCancel={close} />
    </Dialog>
  );
}

interface CreateFormProps {
  readonly onCreated: (created: ApiKeyCreated) => void;
  readonly onCancel: () => void;
}

function CreateForm({ onCreated, onCancel }: CreateFormProps) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(Scope.options);
  const [expiry, setExpiry] = useState<Expiry>('never');
  const [date, setDate] = useState('');
  const create = useMutation({
    mutationFn: () =>
      client.keys.create({ name, scopes: [...scopes], expires_at: expiresAt(expiry, date, Date.now() / 1000) }),
    onSuccess: async (created) => {
      onCreated(created);
      await queries.invalidateQueries({ queryKey: api.keys.key() });
    },
  });
  const problem = create.error === null ? null : describeError(create.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const toggle = (scope: Scope, on: boolean) =>
    setScopes(Scope.options.filter((known) => (known === scope ? on : scopes.includes(known))));
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-4">
      <Labelled label="Name" hint="Who or what uses it." error={issueOf(problem, 'name')}>
        {(control) => (
          <TextInput {...control} maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Labelled>
      <fieldset>
        <legend className="mb-1 text-xs font-medium">What it may call</legend>
        {Scope.options.map((scope) => (
          <Checkbox
            key={scope}
            {...SCOPE_WORDS[scope]}
            checked={scopes.includes(scope)}
            onChange={(on) => toggle(scope, on)}
          />
        ))}
        {scopes.length === 0 ? <p className="text-xs text-failed-text">Choose at least one.</p> : null}
      </fieldset>
      <div className="grid grid-cols-2 gap-3">
        <Labelled label="Expires" error={issueOf(problem, 'expires_at')}>
          {(control) => <Select {...control} value={expiry} options={EXPIRY} onChange={setExpiry} />}
        </Labelled>
        {expiry === 'date' ? (
          <Labelled label="Last day">
            {(control) => (
              <TextInput
                {...control}
                type="date"
                required
                min={new Date().toISOString().slice(0, 10)}
                value={date}
                onChange={(event) => setDate(event.target.value)}
              />
            )}
          </Labelled>
        ) : null}
      </div>
      {problem === null ? null : <ErrorPanel what="The key was not created" problem={problem} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button
          type="submit"
          tone="primary"
          busy={create.isPending}
          disabled={scopes.length === 0 || (expiry === 'date' && date === '')}
        >
          Create key
        </Button>
      </div>
    </form>
  );
}

interface KeyShownProps {
  readonly open: boolean;
  readonly created: ApiKeyCreated;
  readonly onClose: () => void;
}

/** The one time a token is seen, with what to paste where. */
function KeyShown({ open, created, onClose }: KeyShownProps) {
  const info = useProgramInfo();
  const models = useModels();
  const [language, setLanguage] = useState<'curl' | 'python'>('curl');
  const running = models?.find((model) => model.state === 'running' && model.task === 'generate');
  const model = (running ?? models?.find((model) => model.task === 'generate'))?.served_model_name ?? 'your-model';
  const baseUrl = openAIBase(info.data?.endpoint.url ?? window.location.origin);
  const target = { baseUrl, token: created.token, model };
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={onClose}
      title="Copy the key now"
      footer={
        <Button tone="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="grid grid-cols-1 gap-4">
        <Notice tone="warning" title="It is shown only this once">
          Cortex keeps no copy. A lost key is replaced by a new one.
        </Notice>
        <Code text={created.token} what="key" />
        <div>
          <div className="mb-2 flex items-center justify-between">
            <h3 className="font-semibold">Use it</h3>
            <Segments
              label="Language"
              value={language}
              options={[
                { value: 'curl', label: 'curl' },
                { value: 'python', label: 'Python' },
              ]}
              onChange={setLanguage}
            />
          </div>
          <Code
            wrap={false}
            text={language === 'curl' ? curlSnippet(target) : pythonSnippet(target)}
            what={`${language} snippet`}
          />
          {running === undefined ? (
            <p className="mt-1.5 text-xs text-dim">No model is running now; start one before you send this.</p>
          ) : null}
        </div>
      </div>
    </Dialog>
  );
}
