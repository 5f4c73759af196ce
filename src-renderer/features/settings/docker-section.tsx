import type { ReactNode } from 'react';
import type { ContainerGpu, DockerStatus } from '#contract/docker.ts';
import { useLive } from '../../api/live.ts';
import { CheckDocker } from '../../parts/docker-notice.tsx';
import { When } from '../../ui/figure.tsx';
import { Card, Fact, Section } from '../../ui/page.tsx';
import { Cure } from '../../ui/prose.tsx';
import { SkeletonRows, StateMark, type Tone } from '../../ui/state.tsx';

/** The container engine, and whether it can give a container a GPU. Follows what happens, without a reload. */
export function DockerSection() {
  const docker = useLive((live) => live.docker);
  return (
    <Section
      title="Docker"
      note="Runs models in their engine’s own image. Plain processes need none of it."
      actions={<CheckDocker />}
    >
      <Card>{docker === null ? <SkeletonRows rows={2} /> : <DockerFacts docker={docker} />}</Card>
    </Section>
  );
}

const KINDS = { docker: 'Docker Engine', 'docker-desktop': 'Docker Desktop', podman: 'Podman' } as const;

const PROBLEMS: Readonly<Record<DockerStatus['problem'], { readonly tone: Tone; readonly word: string }>> = {
  ok: { tone: 'ready', word: 'Ready' },
  not_installed: { tone: 'stopped', word: 'Not installed' },
  not_running: { tone: 'warning', word: 'Not running' },
  no_permission: { tone: 'warning', word: 'No permission' },
  unreachable: { tone: 'failed', word: 'Unreachable' },
  too_old: { tone: 'warning', word: 'Too old' },
  error: { tone: 'failed', word: 'Failed' },
};

const GPUS: Readonly<Record<ContainerGpu['status'], { readonly tone: Tone; readonly word: string }>> = {
  ready: { tone: 'ready', word: 'Ready' },
  none: { tone: 'stopped', word: 'No NVIDIA GPU' },
  no_toolkit: { tone: 'warning', word: 'Toolkit missing' },
  driver_missing: { tone: 'warning', word: 'Driver missing' },
  unsupported: { tone: 'warning', word: 'Not supported' },
  unknown: { tone: 'stopped', word: 'Not known' },
};

function DockerFacts({ docker }: { readonly docker: DockerStatus }) {
  const { tone, word } = PROBLEMS[docker.problem];
  const gpu = GPUS[docker.gpu.status];
  return (
    <dl className="divide-y">
      <Fact label="Containers">
        <Verdict tone={tone} word={word} detail={docker.detail} cure={docker.cure} />
      </Fact>
      <Fact label="GPUs in containers">
        <Verdict tone={gpu.tone} word={gpu.word} detail={docker.gpu.detail} cure={docker.gpu.cure} />
      </Fact>
      {docker.kind === null ? null : (
        <Fact label="Engine">
          {[KINDS[docker.kind], docker.version, docker.rootless ? 'rootless' : null].filter(Boolean).join(' ')}
          {docker.api_version === null ? null : <span className="text-dim"> · API {docker.api_version}</span>}
        </Fact>
      )}
      {docker.host === null ? null : (
        <Fact label="Address">
          <code className="font-mono text-xs break-all">{docker.host}</code>
          {docker.found_by === null ? null : <span className="text-dim"> by {docker.found_by}</span>}
        </Fact>
      )}
      <Fact label="Checked">
        <When at={docker.checked_at} />
      </Fact>
    </dl>
  );
}

interface VerdictProps {
  readonly tone: Tone;
  readonly word: ReactNode;
  readonly detail: string;
  readonly cure: string | null;
}

function Verdict({ tone, word, detail, cure }: VerdictProps) {
  return (
    <>
      <StateMark tone={tone}>{word}</StateMark>
      <p className="text-dim">{detail}</p>
      {cure === null ? null : (
        <div>
          <Cure text={cure} />
        </div>
      )}
    </>
  );
}
