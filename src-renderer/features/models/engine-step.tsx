import type { Runtime, Task } from '#contract/models.ts';
import { Segments } from '../../ui/choice.tsx';
import { Notice } from '../../ui/state.tsx';
import type { Draft } from './add-model-draft.ts';
import { EngineFields } from './engine-fields.tsx';

const ENGINES = [
  { value: 'llamacpp', label: 'llama.cpp' },
  { value: 'vllm', label: 'vLLM' },
] as const;
const TASKS = [
  { value: 'generate', label: 'Text generation' },
  { value: 'embed', label: 'Embeddings' },
] as const;

interface EngineStepProps {
  readonly draft: Draft;
  readonly runtime: Runtime;
  readonly onChange: (draft: Draft) => void;
  readonly imageError: string | null;
}

/** What can run the chosen weights: GGUF suits both engines, everything else only vLLM. */
function engineIsOpen(draft: Draft): boolean {
  return draft.mode === 'offline' && draft.localPath?.toLowerCase().endsWith('.gguf') === true;
}

/** The engine, what it is for, and where it runs. */
export function EngineStep({ draft, runtime, onChange, imageError }: EngineStepProps) {
  const open = engineIsOpen(draft);
  return (
    <div className="grid grid-cols-1 gap-3 px-4 py-3">
      <div className="flex flex-wrap gap-x-8 gap-y-3">
        <fieldset>
          <legend className="mb-1 text-xs font-medium">Engine</legend>
          {open ? (
            <Segments
              label="Engine"
              value={draft.engine}
              options={ENGINES}
              // The fields of one engine mean nothing to the other.
              onChange={(engine) =>
                onChange({ ...draft, engine, runtime: null, image: null, digest: null, values: {} })
              }
            />
          ) : (
            <span className="flex h-8 items-center font-medium">{draft.engine === 'vllm' ? 'vLLM' : 'llama.cpp'}</span>
          )}
        </fieldset>
        <fieldset>
          <legend className="mb-1 text-xs font-medium">Task</legend>
          <Segments<Task>
            label="Task"
            value={draft.task}
            options={TASKS}
            onChange={(task) => onChange({ ...draft, task })}
          />
        </fieldset>
      </div>
      {open && draft.engine === 'vllm' ? (
        <Notice tone="warning" title="vLLM reads GGUF only with a plug-in">
          The image must have it. llama.cpp runs this file as it is.
        </Notice>
      ) : null}
      <EngineFields
        choice={{ engine: draft.engine, runtime, image: draft.image, buildId: draft.buildId }}
        imageError={imageError}
        onChange={(change) => {
          // A digest belongs to the image it was read from.
          const digest = change.image === undefined ? {} : { digest: null };
          const { engine: _, ...own } = change;
          onChange({ ...draft, ...own, ...digest });
        }}
      />
    </div>
  );
}
