import { useMutation, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import type { EngineImage } from '#contract/docker.ts';
import type { EngineType, Runtime } from '#contract/models.ts';
import { api, client } from '../../api/client.ts';
import { isActive, useLive } from '../../api/live.ts';
import { useBuilds } from '../../api/queries.ts';
import { DockerNotice } from '../../parts/docker-notice.tsx';
import { JobProgress } from '../../parts/engine-install.tsx';
import { toastFailure } from '../../parts/failure-toast.ts';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Labelled } from '../../ui/field.tsx';
import { bytes, inWords } from '../../ui/format.ts';
import { Select } from '../../ui/select.tsx';
import { SuggestInput, type Suggestion } from '../../ui/suggest-input.tsx';
import { buildOptions } from './field-values.ts';

const RUNTIMES = [
  { value: 'process', label: 'Process' },
  { value: 'container', label: 'Container' },
] as const;

const RUNTIME_NOTES: Record<Runtime, string> = {
  process: 'Runs as a plain program of this machine. It ends with Cortex.',
  container: 'Runs in its engine’s own image, shut off from this machine. It can outlive Cortex.',
};

export interface EngineChoice {
  readonly engine: EngineType;
  readonly runtime: Runtime;
  readonly image: string | null;
  readonly buildId: string | null;
}

interface EngineFieldsProps {
  readonly choice: EngineChoice;
  readonly onChange: (change: Partial<EngineChoice>) => void;
  readonly imageError?: string | null;
}

/** Where an engine runs, and which of its builds or images. */
export function EngineFields({ choice, onChange, imageError }: EngineFieldsProps) {
  const { engine, runtime, image, buildId } = choice;
  return (
    <div className="grid grid-cols-1 gap-3">
      <fieldset>
        <legend className="mb-1 text-xs font-medium">Runtime</legend>
        <Segments label="Runtime" value={runtime} options={RUNTIMES} onChange={(next) => onChange({ runtime: next })} />
        <p className="mt-1 text-xs text-dim">
          {runtime === 'process' && engine === 'vllm'
            ? 'Runs the command vllm of this machine, where it is installed. It ends with Cortex.'
            : RUNTIME_NOTES[runtime]}
        </p>
      </fieldset>
      {runtime === 'container' ? <DockerNotice /> : null}
      {runtime === 'container' ? (
        <ImageField
          engine={engine}
          image={image}
          error={imageError ?? null}
          onChange={(next) => onChange({ image: next })}
        />
      ) : engine === 'llamacpp' ? (
        <BuildField buildId={buildId} onChange={(next) => onChange({ buildId: next })} />
      ) : null}
    </div>
  );
}

interface BuildFieldProps {
  readonly buildId: string | null;
  readonly onChange: (id: string | null) => void;
}

function BuildField({ buildId, onChange }: BuildFieldProps) {
  const builds = useBuilds();
  return (
    <Labelled label="Engine build">
      {(control) => (
        <Select
          {...control}
          className="max-w-96"
          value={buildId ?? ''}
          options={buildOptions(builds.data ?? [])}
          onChange={(next) => onChange(next === '' ? null : next)}
        />
      )}
    </Labelled>
  );
}

/** The images of this machine; asked only while Docker answers. */
export function useImages() {
  const ready = useLive((live) => live.docker?.problem === 'ok');
  return useQuery(api.engines.images.queryOptions({ enabled: ready, retry: false }));
}

function noteOf(image: EngineImage): string {
  const parts = [image.is_default ? 'default' : '', image.present ? '' : 'not here yet'];
  if (image.present && image.size_bytes !== null) parts.push(inWords(bytes(image.size_bytes)));
  return parts.filter((part) => part !== '').join(' · ');
}

/** Images that may hold the engine, those of this machine first. */
export function imageSuggestions(images: readonly EngineImage[], engine: EngineType): readonly Suggestion[] {
  return images
    .filter((image) => image.engine_type === null || image.engine_type === engine)
    .toSorted((left, right) => Number(right.present) - Number(left.present))
    .map((image) => ({ value: image.reference, note: noteOf(image) }));
}

interface ImageFieldProps {
  readonly engine: EngineType;
  readonly image: string | null;
  readonly error: string | null;
  readonly onChange: (image: string | null) => void;
}

function ImageField({ engine, image, error, onChange }: ImageFieldProps) {
  const images = useImages();
  const all = images.data ?? [];
  const standard = all.find((known) => known.is_default && known.engine_type === engine);
  const meant = image ?? standard?.reference ?? null;
  const known = all.find(({ reference }) => reference === meant);
  return (
    <div>
      <Labelled
        label="Image"
        error={error}
        hint={
          image === null
            ? 'Left empty, it follows the default image of the engine.'
            : 'A name with its tag, or a digest.'
        }
      >
        {(control) => (
          <SuggestInput
            {...control}
            listLabel="Images"
            className="font-mono text-xs"
            placeholder={standard?.reference ?? 'The engine’s default image'}
            value={image ?? ''}
            suggestions={imageSuggestions(all, engine)}
            onChange={(text) => onChange(text.trim() === '' ? null : text.trim())}
          />
        )}
      </Labelled>
      {images.data === undefined || meant === null ? null : <Presence reference={meant} known={known} />}
    </div>
  );
}

function Presence({ reference, known }: { readonly reference: string; readonly known: EngineImage | undefined }) {
  const job = useLive((live) =>
    live.jobs?.find((job) => job.job_type === 'image_pull' && isActive(job) && job.title === reference),
  );
  const pull = useMutation({
    mutationFn: () => client.engines.pullImage({ reference }),
    onError: (error) => toastFailure('The download could not be started', error),
  });
  if (job !== undefined)
    return (
      <div className="mt-2">
        <JobProgress job={job} />
      </div>
    );
  if (known?.present === true)
    return (
      <p className="mt-1 text-xs text-ready-text">
        On this machine{known.size_bytes === null ? '' : `, ${inWords(bytes(known.size_bytes))}`}
        {known.version === null ? '' : `, version ${known.version}`}.
      </p>
    );
  return (
    <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-dim">
      Not on this machine yet; the first start downloads it.
      <Button size="small" busy={pull.isPending} onClick={() => pull.mutate()}>
        <Download aria-hidden className="!size-3" />
        Download now
      </Button>
    </div>
  );
}
