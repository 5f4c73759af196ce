import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { toast } from 'sonner';
import type { RegistryUpstream } from '#contract/upstreams.ts';
import { api, client } from '../../api/client.ts';
import { describeError, issueOf } from '../../api/errors.ts';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Labelled, TextInput } from '../../ui/field.tsx';
import { SecretField, type SecretChange } from '../../ui/secret-field.tsx';
import { Select } from '../../ui/select.tsx';
import { ErrorPanel } from '../../ui/state.tsx';

export interface Edited {
  readonly servedName: string;
  /** Null for a new one. */
  readonly upstream: RegistryUpstream | null;
}

const TASKS = [
  { value: 'generate', label: 'Text' },
  { value: 'embed', label: 'Embeddings' },
] as const;
const ENGINES = [
  { value: 'other', label: 'Another, or not known' },
  { value: 'vllm', label: 'vLLM' },
  { value: 'llamacpp', label: 'llama.cpp' },
] as const;
type Engine = (typeof ENGINES)[number]['value'];

interface FormProps {
  readonly edited: Edited;
  readonly onClose: () => void;
}

/** Adds a server for a name, or changes one. The name and the address are what it is told by. */
export function UpstreamForm({ edited: { servedName, upstream }, onClose }: FormProps) {
  const [name, setName] = useState(servedName);
  const [url, setUrl] = useState(upstream?.url ?? '');
  const [model, setModel] = useState(upstream?.upstream_model ?? '');
  const [task, setTask] = useState(upstream?.task ?? 'generate');
  const [engine, setEngine] = useState<Engine>(upstream?.engine_type ?? 'other');
  const [key, setKey] = useState<SecretChange>(undefined);
  const queries = useQueryClient();
  const isNew = upstream === null;
  const save = useMutation({
    mutationFn: () =>
      client.upstreams.add({
        served_name: name.trim(),
        url: url.trim(),
        task,
        engine_type: engine === 'other' ? null : engine,
        upstream_model: model.trim() === '' ? null : model.trim(),
        ...(key === undefined ? {} : { api_key: key }),
      }),
    onSuccess: async () => {
      onClose();
      toast.success(isNew ? `Requests for "${name.trim()}" may now go to ${url.trim()}` : 'Saved');
      await client.upstreams.refresh({ urls: [url.trim()] }).catch(() => undefined);
      await queries.invalidateQueries({ queryKey: api.upstreams.key() });
    },
  });
  const problem = save.error === null ? null : describeError(save.error);
  const atFields = (problem?.issues ?? []).length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog
      wide
      open
      onOpenChange={onClose}
      title={isNew ? 'Add an upstream' : `Change ${upstream.url}`}
      description="Another machine, or another Cortex, that speaks OpenAI’s API. Clients keep this endpoint and its keys."
    >
      <form onSubmit={submit} className="grid grid-cols-1 gap-4">
        <Labelled label="Served name" hint="What clients send as model." error={issueOf(problem, 'served_name')}>
          {(control) => (
            <TextInput
              {...control}
              className="font-mono text-xs"
              disabled={!isNew}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Labelled>
        <Labelled
          label="Address"
          hint="With its port, without /v1: http://10.0.0.5:8000"
          error={issueOf(problem, 'url')}
        >
          {(control) => (
            <TextInput
              {...control}
              className="font-mono text-xs"
              inputMode="url"
              disabled={!isNew}
              value={url}
              onChange={(event) => setUrl(event.target.value)}
            />
          )}
        </Labelled>
        <SecretField
          label="API key of that server"
          noun="key"
          kept={upstream?.has_api_key === true}
          change={key}
          onChange={setKey}
          hint="Sent with each request to it. Kept encrypted, and never shown again. Leave empty where it needs none."
          error={issueOf(problem, 'api_key')}
        />
        <Labelled
          label="Its own name of the model"
          hint={`Leave empty where it is called ${name.trim() === '' ? 'the same' : `"${name.trim()}"`} there, too.`}
          error={issueOf(problem, 'upstream_model')}
        >
          {(control) => (
            <TextInput
              {...control}
              className="font-mono text-xs"
              value={model}
              onChange={(event) => setModel(event.target.value)}
            />
          )}
        </Labelled>
        <div className="grid grid-cols-2 gap-4">
          <fieldset>
            <legend className="mb-1 text-xs font-medium">Task</legend>
            <Segments label="Task" value={task} options={TASKS} onChange={setTask} />
          </fieldset>
          <Labelled label="Engine">
            {(control) => <Select {...control} value={engine} options={ENGINES} onChange={setEngine} />}
          </Labelled>
        </div>
        {problem === null || atFields ? null : <ErrorPanel what="The upstream was not saved" problem={problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={save.isPending} disabled={name.trim() === '' || url.trim() === ''}>
            {isNew ? 'Add upstream' : 'Save'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
