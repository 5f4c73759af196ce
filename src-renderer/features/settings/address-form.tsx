import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { toast } from 'sonner';
import type { ProgramInfo, Settings } from '#contract/system.ts';
import { api, client } from '../../api/client.ts';
import { describeError, issueOf } from '../../api/errors.ts';
import { useProgramInfo } from '../../api/queries.ts';
import { openAIBase } from '../../parts/endpoint.ts';
import { Button } from '../../ui/button.tsx';
import { Labelled, TextInput } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { ErrorPanel, Notice, StateMark } from '../../ui/state.tsx';

const LOOPBACK = '127.0.0.1';
const EVERYWHERE = '0.0.0.0';

type Endpoint = ProgramInfo['endpoint'];

const AT_NEXT_START =
  'It takes effect when the program starts the next time, unless it is started with --host or --port again.';

/** A port that can be typed: null for empty, undefined for what is none. */
export function parsePort(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const port = Number(text);
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined;
}

function hostOptions(current: string) {
  const options = [
    { value: LOOPBACK, label: 'This machine only', hint: LOOPBACK },
    { value: EVERYWHERE, label: 'The network, too', hint: EVERYWHERE },
  ];
  return options.some((option) => option.value === current)
    ? options
    : [...options, { value: current, label: 'One address', hint: current }];
}

/** Whether an address is saved that the running program does not use. Port 0 is a different one at each start. */
export function isWaiting(saved: Pick<Settings, 'host' | 'port'>, used: Pick<Endpoint, 'host' | 'port'>): boolean {
  const otherPort = saved.port !== null && saved.port !== 0 && saved.port !== used.port;
  return otherPort || (saved.host !== null && saved.host !== used.host);
}

/** Address and port, and who can reach them. Both take effect at the next start. */
export function AddressForm({ settings }: { readonly settings: Settings }) {
  const queries = useQueryClient();
  const info = useProgramInfo();
  const endpoint = info.data?.endpoint;
  const currentHost = settings.host ?? endpoint?.host ?? LOOPBACK;
  const currentPort = String(settings.port ?? endpoint?.port ?? '');
  const [host, setHost] = useState<string | null>(null);
  const [portText, setPortText] = useState<string | null>(null);
  const chosenHost = host ?? currentHost;
  const shownPort = portText ?? currentPort;
  const port = parsePort(shownPort);
  const save = useMutation({
    mutationFn: () => client.system.updateSettings({ host: chosenHost, ...(port === undefined ? {} : { port }) }),
    onSuccess: (after) => {
      queries.setQueryData(api.system.settings.queryKey(), after);
      setHost(null);
      setPortText(null);
      toast.success('The address was saved');
    },
  });
  const problem = save.error === null ? null : describeError(save.error);
  // What stands at a field is not said again below.
  const atField = issueOf(problem, 'host') !== null || issueOf(problem, 'port') !== null;
  const changed = chosenHost !== currentHost || shownPort !== currentPort;
  const chooseHost = (next: string) => {
    setHost(next);
    save.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-3 px-4 py-3">
      {endpoint === undefined ? null : (
        <p className="flex flex-wrap items-center gap-x-3">
          <code className="font-mono text-xs">{openAIBase(endpoint.url)}</code>
          {endpoint.reach === 'network' ? (
            <StateMark tone="warning">Other machines on the network can reach it, with a key</StateMark>
          ) : (
            <StateMark tone="ready">Only programs on this machine can reach it</StateMark>
          )}
        </p>
      )}
      <div className="grid grid-cols-[240px_140px_auto] items-start gap-3">
        <Labelled label="Who can reach it" error={issueOf(problem, 'host')}>
          {(control) => (
            <Select {...control} value={chosenHost} options={hostOptions(currentHost)} onChange={chooseHost} />
          )}
        </Labelled>
        <Labelled
          label="Port"
          hint="0 takes a free one."
          error={port === undefined ? 'A number from 0 to 65535.' : issueOf(problem, 'port')}
        >
          {(control) => (
            <TextInput
              {...control}
              inputMode="numeric"
              className="tabular-nums"
              value={shownPort}
              onChange={(event) => {
                setPortText(event.target.value);
                save.reset();
              }}
            />
          )}
        </Labelled>
        <div className="flex justify-end pt-5">
          <Button type="submit" tone="primary" disabled={!changed || port === undefined} busy={save.isPending}>
            Save address
          </Button>
        </div>
      </div>
      {chosenHost !== LOOPBACK && chosenHost !== currentHost ? (
        <Notice tone="warning" title="Every machine that reaches this one can then try to log in">
          Keys and the admin login still guard it, but traffic is not encrypted. Use this in a network you trust, or an
          SSH tunnel instead.
        </Notice>
      ) : null}
      {endpoint !== undefined && isWaiting(settings, endpoint) ? (
        <Notice tone="working" title={`Saved: port ${currentPort} on ${currentHost}`}>
          {AT_NEXT_START}
        </Notice>
      ) : null}
      {problem === null || atField ? null : <ErrorPanel what="The address was not saved" problem={problem} />}
    </form>
  );
}
