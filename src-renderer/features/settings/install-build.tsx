import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { AvailableBuild, InstallBuild } from '#contract/engines.ts';
import { api, client } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { desktopHost } from '../../api/host.ts';
import { backendName } from '../../parts/model-state.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Figure } from '../../ui/figure.tsx';
import { bytes } from '../../ui/format.ts';
import { PathField } from '../../ui/path-field.tsx';
import { Prose } from '../../ui/prose.tsx';
import { Badge, ErrorPanel } from '../../ui/state.tsx';

type Source = InstallBuild['source'];

const SOURCES: readonly { readonly value: Source; readonly label: string }[] = [
  { value: 'carried', label: 'Carried' },
  { value: 'release', label: 'Official releases' },
  { value: 'path', label: 'Own path' },
];

interface InstallDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

/** An engine from one of its three sources; the work itself then shows as a job. */
export function InstallBuildDialog({ open, onClose }: InstallDialogProps) {
  const [source, setSource] = useState<Source>('carried');
  const install = useMutation({
    mutationFn: (build: InstallBuild) => client.engines.install(build),
    onSuccess: onClose,
  });
  const sources = desktopHost() === null ? SOURCES.filter(({ value }) => value !== 'path') : SOURCES;
  return (
    <Dialog wide open={open} onOpenChange={onClose} title="Install an engine">
      <div className="grid grid-cols-1 gap-3">
        <Segments label="Source" value={source} options={sources} onChange={setSource} />
        {source === 'path' ? (
          <OwnPath busy={install.isPending} onInstall={install.mutate} />
        ) : (
          <Available source={source} busy={install.isPending} onInstall={install.mutate} />
        )}
        {install.error === null ? null : (
          <ErrorPanel what="The engine could not be installed" problem={describeError(install.error)} />
        )}
      </div>
    </Dialog>
  );
}

interface InstallProps {
  readonly busy: boolean;
  readonly onInstall: (build: InstallBuild) => void;
}

const NOTES = {
  carried: 'Comes with Cortex and is built for this machine in about a minute, without a network.',
  release: "Archives of llama.cpp's own releases for this platform, downloaded and checked against their digest.",
} as const;

function Available({ source, busy, onInstall }: InstallProps & { readonly source: 'carried' | 'release' }) {
  const available = useQuery(api.engines.available.queryOptions({ input: { source }, retry: false }));
  return (
    <div>
      <p className="mb-2 text-dim">{NOTES[source]}</p>
      <QueryView query={available} failure="The list could not be loaded">
        {(builds) => (
          <ul aria-label="Available engines" className="divide-y rounded-md border">
            {builds.map((build) => (
              <AvailableRow
                key={`${build.version} ${build.asset ?? ''}`}
                build={build}
                busy={busy}
                onInstall={onInstall}
              />
            ))}
            {builds.length === 0 ? (
              <li className="px-3 py-6 text-center text-dim">Nothing for this platform.</li>
            ) : null}
          </ul>
        )}
      </QueryView>
    </div>
  );
}

function requestFor(build: AvailableBuild): InstallBuild {
  return build.source === 'release' && build.asset !== null
    ? { source: 'release', version: build.version, asset: build.asset }
    : { source: 'carried' };
}

function AvailableRow({ build, busy, onInstall }: InstallProps & { readonly build: AvailableBuild }) {
  const name = `llama.cpp ${build.version} ${backendName(build.backend)}`;
  return (
    <li className="flex items-center gap-3 px-3 py-2">
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <span className="font-medium">llama.cpp {build.version}</span>
          <Badge>{backendName(build.backend)}</Badge>
          {build.installed ? <Badge tone="ready">installed</Badge> : null}
        </div>
        {build.asset === null ? null : <div className="truncate font-mono text-xs text-dim">{build.asset}</div>}
        {build.problem === null ? null : (
          <div className="text-xs text-warning-text">
            <Prose text={build.problem} />
          </div>
        )}
      </div>
      {build.size_bytes === null ? null : <Figure {...bytes(build.size_bytes)} />}
      <Button
        size="small"
        aria-label={`${build.installed ? 'Install again' : 'Install'} ${name}`}
        disabled={build.problem !== null}
        busy={busy}
        onClick={() => onInstall(requestFor(build))}
      >
        {build.installed ? 'Install again' : 'Install'}
      </Button>
    </li>
  );
}

function OwnPath({ busy, onInstall }: InstallProps) {
  const [path, setPath] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onInstall({ source: 'path', path: path.trim() });
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-3">
      <PathField
        label="Path of llama-server"
        hint="Cortex runs it as it is and never changes it."
        value={path}
        onChange={setPath}
      />
      <div className="flex justify-end">
        <Button type="submit" tone="primary" busy={busy} disabled={path.trim() === ''}>
          Use this engine
        </Button>
      </div>
    </form>
  );
}
