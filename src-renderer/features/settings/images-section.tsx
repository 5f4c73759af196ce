import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Container, Download, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import type { EngineImage } from '#contract/docker.ts';
import type { Model } from '#contract/models.ts';
import { api, client } from '../../api/client.ts';
import { isActive, useLive, useModels } from '../../api/live.ts';
import { JobProgress } from '../../parts/engine-install.tsx';
import { toastFailure } from '../../parts/failure-toast.ts';
import { engineName } from '../../parts/model-state.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Figure, When } from '../../ui/figure.tsx';
import { bytes, count } from '../../ui/format.ts';
import { Card, Section } from '../../ui/page.tsx';
import { Badge, Empty, ErrorPanel } from '../../ui/state.tsx';
import { PullImageDialog } from './pull-image.tsx';

/** The images engines run from: here, or named by a model. */
export function ImagesSection() {
  const ready = useLive((live) => live.docker?.problem === 'ok');
  const [pulling, setPulling] = useState(false);
  return (
    <Section
      title="Engine images"
      note="What models in containers run from. A model is pinned to the digest it has run with."
      actions={
        <Button disabled={!ready} onClick={() => setPulling(true)}>
          <Download aria-hidden />
          Download image
        </Button>
      }
    >
      <div className="grid grid-cols-1 gap-2">
        <Pulls />
        {ready ? (
          <ImageList />
        ) : (
          <Card>
            <Empty icon={Container} title="Docker does not answer">
              The images appear here by themselves as soon as it does. What is missing stands above.
            </Empty>
          </Card>
        )}
      </div>
      {pulling ? <PullImageDialog onClose={() => setPulling(false)} /> : null}
    </Section>
  );
}

/** Downloads that run, and the newest that failed since this page was opened. */
function Pulls() {
  const jobs = useLive((live) => live.jobs);
  const oldJobs = useLive((live) => live.oldJobs);
  const [closed, setClosed] = useState<string | null>(null);
  const pulls = (jobs ?? []).filter((job) => job.job_type === 'image_pull');
  const failed = pulls.find((job) => job.status === 'failed' && !oldJobs.has(job.id));
  return (
    <>
      {pulls.filter(isActive).map((job) => (
        <JobProgress key={job.id} job={job} />
      ))}
      {failed === undefined || pulls[0] !== failed || failed.id === closed ? null : (
        <ErrorPanel
          what={`${failed.title} was not downloaded`}
          onClose={() => setClosed(failed.id)}
          problem={{ title: failed.error ?? 'It was interrupted.', action: null, requestId: null }}
        />
      )}
    </>
  );
}

function ImageList() {
  const images = useQuery(api.engines.images.queryOptions({ retry: false }));
  const [removing, setRemoving] = useState<EngineImage | null>(null);
  return (
    <Card>
      <QueryView query={images} failure="The images could not be loaded">
        {(all) =>
          all.length === 0 ? (
            <p className="px-4 py-6 text-center text-dim">No engine image is here, and no model names one.</p>
          ) : (
            <ul aria-label="Engine images" className="divide-y">
              {all.map((image) => (
                <ImageRow key={`${image.reference} ${image.id}`} image={image} onRemove={() => setRemoving(image)} />
              ))}
            </ul>
          )
        }
      </QueryView>
      <RemoveImage image={removing} onClose={() => setRemoving(null)} />
    </Card>
  );
}

function ImageRow({ image, onRemove }: { readonly image: EngineImage; readonly onRemove: () => void }) {
  const pulling = useLive(
    (live) =>
      live.jobs?.some((job) => job.job_type === 'image_pull' && isActive(job) && job.title === image.reference) ===
      true,
  );
  const pull = useMutation({
    mutationFn: () => client.engines.pullImage({ reference: image.reference }),
    onError: (error) => toastFailure(`${image.reference} could not be downloaded`, error),
  });
  return (
    <li className="flex items-start gap-3 px-4 py-3">
      <Container aria-hidden className="mt-0.5 size-4 shrink-0 text-dim" strokeWidth={1.75} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-2">
          <code className="font-mono text-xs font-medium break-all">{image.reference}</code>
          {image.engine_type === null ? null : (
            <Badge>{[engineName(image.engine_type), image.version].filter(Boolean).join(' ')}</Badge>
          )}
          {image.is_default ? <Badge tone="ready">default</Badge> : null}
          {image.present ? null : <Badge>not here</Badge>}
        </div>
        <ImageFacts image={image} />
        {image.models.length === 0 ? null : (
          <p className="text-xs wrap-anywhere text-dim">
            Used by <span className="text-ink">{image.models.join(', ')}</span>
          </p>
        )}
      </div>
      {image.present ? (
        <IconButton label={`Remove ${image.reference}`} onClick={onRemove}>
          <Trash2 aria-hidden />
        </IconButton>
      ) : (
        <Button
          size="small"
          aria-label={`Download ${image.reference}`}
          disabled={pulling}
          busy={pull.isPending}
          onClick={() => pull.mutate()}
        >
          {pulling ? 'Downloading' : 'Download'}
        </Button>
      )}
    </li>
  );
}

function ImageFacts({ image }: { readonly image: EngineImage }) {
  if (!image.present) return null;
  const digest = image.digest ?? image.id;
  return (
    <div className="mt-0.5 flex flex-wrap items-center gap-x-4 text-xs text-dim">
      {image.size_bytes === null ? null : <Figure {...bytes(image.size_bytes)} />}
      {digest === null ? null : (
        <span className="flex items-center font-mono" title={digest}>
          {image.digest === null ? 'built here, ' : ''}
          {digest.slice(0, 19)}…
          <CopyButton text={digest} what={`digest of ${image.reference}`} />
        </span>
      )}
      {image.known_flags === null ? null : <span>{count(image.known_flags)} flags read from it</span>}
      {image.created_at === null ? null : (
        <span>
          made <When at={image.created_at} />
        </span>
      )}
    </div>
  );
}

/** "Name (served name)", as both the table of models and a client know it. */
function userNames({ models: names }: EngineImage, models: readonly Model[]): string {
  return names
    .map((name) => {
      const served = models.find((model) => model.name === name)?.served_model_name;
      return served === undefined ? name : `${name} (${served})`;
    })
    .join(', ');
}

/** What is lost with an image. One without a registry's digest was built on this machine. */
export function removalWords(image: EngineImage, models: readonly Model[]): string {
  const builtHere = image.digest === null;
  const again = builtHere
    ? 'It was built on this machine: it cannot be downloaded again, only built again.'
    : 'It can be downloaded at any time, where its registry still has it.';
  if (image.models.length === 0) return `Its disk space is free again. ${again}`;
  const others = builtHere ? 'the others cannot start without it' : 'the others download it again at their next start';
  const used = `It is used by ${userNames(image, models)}. One that runs from it keeps it from being removed; ${others}.`;
  return builtHere ? `${used} ${again}` : used;
}

interface RemoveProps {
  readonly image: EngineImage | null;
  readonly onClose: () => void;
}

function RemoveImage({ image, onClose }: RemoveProps) {
  const queries = useQueryClient();
  const models = useModels();
  const remove = useMutation({
    mutationFn: ({ reference }: EngineImage) => client.engines.removeImage({ query: { reference } }),
    onSuccess: (_, { reference }) => toast(`${reference} was removed`),
    onError: (error, { reference }) => toastFailure(`${reference} was not removed`, error),
    onSettled: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: api.engines.key() });
    },
  });
  return (
    <ConfirmDialog
      open={image !== null}
      onOpenChange={onClose}
      title={`Remove ${image?.reference ?? ''}?`}
      description={image === null ? '' : removalWords(image, models ?? [])}
      action="Remove image"
      busy={remove.isPending}
      onConfirm={() => {
        if (image !== null) remove.mutate(image);
      }}
    />
  );
}
