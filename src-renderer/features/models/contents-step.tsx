import { useQuery } from '@tanstack/react-query';
import { Radio } from '@base-ui/react/radio';
import { RadioGroup } from '@base-ui/react/radio-group';
import { useEffect, useId } from 'react';
import type { FolderInspection, GgufGroup } from '#contract/library.ts';
import { api } from '../../api/client.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { classNames } from '../../ui/class-names.ts';
import { bytes, count, inWords, parameters } from '../../ui/format.ts';
import { Badge } from '../../ui/state.tsx';
import { isStartable, unstartableReason, type Place } from './add-model-draft.ts';

/** What of a folder becomes the model: one of its GGUF files, or all of it. */
export type Chosen = GgufGroup | 'folder';

interface ContentsStepProps {
  readonly place: Place;
  readonly chosen: Chosen | null;
  readonly onChoose: (chosen: Chosen) => void;
}

/** The second step: what the folder holds, and which of it becomes the model. */
export function ContentsStep({ place, chosen, onChoose }: ContentsStepProps) {
  const inspection = useQuery(
    api.library.inspectFolder.queryOptions({ input: { base: place.base, folder: place.folder } }),
  );
  const startable = inspection.data === undefined ? undefined : choicesIn(inspection.data);
  useEffect(() => {
    // The only model there is needs no click.
    const only = startable?.length === 1 ? startable[0] : undefined;
    if (chosen === null && only !== undefined) onChoose(only);
  }, [chosen, startable, onChoose]);
  return (
    <QueryView query={inspection} failure="The folder could not be inspected">
      {(data) => <Contents inspection={data} chosen={chosen} onChoose={onChoose} />}
    </QueryView>
  );
}

function choicesIn(inspection: FolderInspection): readonly Chosen[] {
  const groups = inspection.gguf_groups.filter(isStartable);
  return inspection.has_safetensors ? [...groups, 'folder'] : groups;
}

const FOLDER = 'folder';

type ContentsProps = Omit<ContentsStepProps, 'place'> & { readonly inspection: FolderInspection };

function Contents({ inspection, chosen, onChoose }: ContentsProps) {
  const { gguf_groups: groups, gguf_validation: validation } = inspection;
  const named = new Set(groups.filter((group) => group.problem !== null).flatMap((group) => group.files));
  const errors = validation.errors.filter((error) => !named.has(error.file));
  return (
    <div>
      {groups.length === 0 && !inspection.has_safetensors ? (
        <p className="px-4 py-4 text-dim">
          No model file (.gguf or .safetensors) lies directly in this folder. Choose another folder.
        </p>
      ) : (
        <RadioGroup
          aria-label="Model files"
          value={chosen === null ? '' : chosen === FOLDER ? FOLDER : chosen.path}
          onValueChange={(path) => {
            const group = path === FOLDER ? FOLDER : groups.find((candidate) => candidate.path === path);
            if (group !== undefined) onChoose(group);
          }}
          className="divide-y"
        >
          {groups.map((group) => (
            <GroupRow key={group.path} group={group} />
          ))}
          {inspection.has_safetensors ? <FolderRow /> : null}
        </RadioGroup>
      )}
      {errors.map((error) => (
        <p key={error.file} className="border-t px-4 py-2 text-failed-text">
          <code className="font-mono text-xs">{error.file}</code>: {error.message}
        </p>
      ))}
    </div>
  );
}

function factsOf(group: GgufGroup): string {
  const facts = [inWords(bytes(group.total_size_mb * 1024 * 1024))];
  const { metadata } = group;
  if (metadata === null) return facts.join(' · ');
  if (metadata.parameter_count !== null) facts.push(`${inWords(parameters(metadata.parameter_count))} parameters`);
  if (metadata.context_length !== null) facts.push(`context ${count(metadata.context_length)}`);
  if (metadata.architecture !== null) facts.push(metadata.architecture);
  if (group.is_multipart && group.files.length > 1) facts.push(`${group.files.length} parts`);
  return facts.join(' · ');
}

const RADIO =
  'mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full border border-field-line bg-surface data-checked:border-[5px] data-checked:border-accent-solid data-disabled:opacity-40';

function FolderRow() {
  const id = useId();
  return (
    // oxlint-disable-next-line jsx-a11y/label-has-associated-control -- the control is the radio in it
    <label className="flex cursor-pointer items-start gap-3 px-4 py-2.5 hover:bg-hover">
      <Radio.Root value={FOLDER} aria-labelledby={`${id}-name`} aria-describedby={`${id}-facts`} className={RADIO} />
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <span id={`${id}-name`} className="font-medium">
            The whole folder
          </span>
          <Badge>safetensors</Badge>
        </div>
        <div id={`${id}-facts`} className="text-xs text-dim">
          Weights as they come from Hugging Face; vLLM runs them.
        </div>
      </div>
    </label>
  );
}

function GroupRow({ group }: { readonly group: GgufGroup }) {
  const id = useId();
  const reason = unstartableReason(group);
  const startable = isStartable(group);
  return (
    <label
      className={classNames(
        'flex items-start gap-3 px-4 py-2.5',
        startable ? 'cursor-pointer hover:bg-hover' : 'opacity-75',
      )}
    >
      <Radio.Root
        value={group.path}
        disabled={!startable}
        aria-labelledby={`${id}-name`}
        aria-describedby={`${id}-facts`}
        className={RADIO}
      />
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <span id={`${id}-name`} className="truncate font-medium">
            {group.files[0]}
          </span>
          <Badge>{group.quant_type}</Badge>
          {group.task === 'embed' ? <Badge>embeddings</Badge> : null}
        </div>
        <div id={`${id}-facts`} className="text-xs text-dim tabular-nums">
          {factsOf(group)}
        </div>
        {reason === null ? null : <div className="mt-0.5 text-xs text-warning-text">{reason}</div>}
      </div>
    </label>
  );
}
