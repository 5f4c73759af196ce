import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Cpu, MoreHorizontal, Plus, Star, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import type { BackendCheck, EngineBuild } from '#contract/engines.ts';
import { api, client } from '../../api/client.ts';
import { useBuilds } from '../../api/queries.ts';
import { EngineInstall, InstallFailure, JobProgress, useInstallJob } from '../../parts/engine-install.tsx';
import { toastFailure } from '../../parts/failure-toast.ts';
import { backendName } from '../../parts/model-state.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Figure, When } from '../../ui/figure.tsx';
import { bytes } from '../../ui/format.ts';
import { Menu } from '../../ui/menu.tsx';
import { Card, Section } from '../../ui/page.tsx';
import { Cure, Prose } from '../../ui/prose.tsx';
import { Badge, StateMark } from '../../ui/state.tsx';
import { InstallBuildDialog } from './install-build.tsx';

const SOURCES = { carried: 'carried', release: 'official release', path: 'own path' } as const;

/** The llama.cpp engines of this machine. */
export function BuildsSection() {
  const builds = useBuilds();
  const job = useInstallJob();
  const [installing, setInstalling] = useState(false);
  const [removing, setRemoving] = useState<EngineBuild | null>(null);
  return (
    <Section
      title="Engine builds"
      note="llama.cpp, as it runs models on this machine. A model follows the default unless it is pinned to another."
      actions={
        <Button onClick={() => setInstalling(true)}>
          <Plus aria-hidden />
          Install engine
        </Button>
      }
    >
      <div className="grid grid-cols-1 gap-2">
        {job === null ? null : <JobProgress job={job} />}
        {job === null && builds.data?.length !== 0 ? <InstallFailure /> : null}
        <QueryView query={builds} failure="The engine builds could not be loaded">
          {(all) =>
            all.length === 0 ? (
              job === null ? (
                <EngineInstall />
              ) : null
            ) : (
              <Card>
                <ul aria-label="Engine builds" className="divide-y">
                  {all.map((build) => (
                    <BuildRow key={build.id} build={build} onRemove={() => setRemoving(build)} />
                  ))}
                </ul>
              </Card>
            )
          }
        </QueryView>
      </div>
      <InstallBuildDialog open={installing} onClose={() => setInstalling(false)} />
      <RemoveBuild build={removing} onClose={() => setRemoving(null)} />
    </Section>
  );
}

function BuildRow({ build, onRemove }: { readonly build: EngineBuild; readonly onRemove: () => void }) {
  const queries = useQueryClient();
  const makeDefault = useMutation({
    mutationFn: () => client.engines.setDefault({ id: build.id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: api.engines.key() }),
    onError: (error) => toastFailure('The default was not changed', error),
  });
  return (
    <li className="flex items-start gap-3 px-4 py-3">
      <Cpu aria-hidden className="mt-0.5 size-4 shrink-0 text-dim" strokeWidth={1.75} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-2">
          <span className="font-medium">llama.cpp {build.version}</span>
          <Badge>{SOURCES[build.source]}</Badge>
          {build.is_default ? <Badge tone="ready">default</Badge> : null}
          {build.status === 'broken' ? <Badge tone="failed">broken</Badge> : null}
        </div>
        {build.problem === null ? null : (
          <p className="mt-0.5 text-failed-text">
            <Prose text={build.problem} />
          </p>
        )}
        <div className="mt-0.5 flex flex-wrap items-center gap-x-4 text-xs text-dim">
          <span>
            Runs on <span className="text-ink">{backendName(build.backend)}</span>
          </span>
          <Figure {...bytes(build.size_bytes)} />
          <span className="flex items-center font-mono" title={`SHA-256 ${build.digest}`}>
            {build.digest.slice(0, 12)}
            <CopyButton text={build.digest} what="digest" />
          </span>
          <span>
            installed <When at={build.installed_at} />
          </span>
        </div>
        <BackendList backends={build.backends} />
      </div>
      <Menu
        trigger={
          <IconButton label={`Actions for llama.cpp ${build.version}`}>
            <MoreHorizontal aria-hidden />
          </IconButton>
        }
        actions={[
          {
            label: 'Make default',
            icon: <Star aria-hidden />,
            disabled: build.is_default || build.status === 'broken',
            onSelect: () => makeDefault.mutate(),
          },
          { label: 'Remove', icon: <Trash2 aria-hidden />, danger: true, onSelect: onRemove },
        ]}
      />
    </li>
  );
}

function BackendList({ backends }: { readonly backends: readonly BackendCheck[] }) {
  return (
    <ul aria-label="Backends" className="mt-1.5 grid grid-cols-1 gap-1">
      {backends.map((check) => (
        <li key={check.backend} className="flex flex-wrap items-baseline gap-x-3">
          <span className="w-20">
            <StateMark tone={check.usable ? 'ready' : 'stopped'}>{backendName(check.backend)}</StateMark>
          </span>
          {check.usable ? (
            <span className="text-xs text-dim">usable</span>
          ) : (
            <span className="min-w-0 flex-1 text-xs text-dim">
              {check.problem ?? 'Not usable.'} {check.cure === null ? null : <Cure text={check.cure} />}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

interface RemoveBuildProps {
  readonly build: EngineBuild | null;
  readonly onClose: () => void;
}

function RemoveBuild({ build, onClose }: RemoveBuildProps) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: (id: string) => client.engines.remove({ id }),
    onSuccess: async () => {
      onClose();
      toast('Engine build removed');
      await queries.invalidateQueries({ queryKey: api.engines.key() });
    },
    onError: (error) => {
      onClose();
      toastFailure('The engine build was not removed', error);
    },
  });
  return (
    <ConfirmDialog
      open={build !== null}
      onOpenChange={onClose}
      title={`Remove llama.cpp ${build?.version ?? ''} (${build === null ? '' : SOURCES[build.source]})?`}
      description={
        build?.source === 'path'
          ? 'It is taken off the list; the files at its path stay.'
          : 'Its files are deleted. It can be installed again at any time.'
      }
      action="Remove engine"
      busy={remove.isPending}
      onConfirm={() => {
        if (build !== null) remove.mutate(build.id);
      }}
    />
  );
}
