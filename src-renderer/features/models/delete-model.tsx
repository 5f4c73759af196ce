import { useMutation } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { FieldSpec } from '#contract/engines.ts';
import type { Model, ModelCreate } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { setValues, valuesOf } from './field-values.ts';

/** What creates the same model again. */
export function draftOf(model: Model, specs: readonly FieldSpec[]): ModelCreate {
  const { name, served_model_name, engine_type, runtime, mode, task, local_path, repo_id } = model;
  const { engine_build_id, engine_image, engine_digest } = model;
  return {
    ...setValues(valuesOf(model, specs)),
    name,
    served_model_name,
    engine_type,
    runtime,
    mode,
    task,
    local_path,
    repo_id,
    engine_build_id,
    engine_image,
    engine_digest,
  };
}

interface DeleteModelProps {
  /** Null while nothing is asked. */
  readonly model: Model | null;
  readonly onClose: () => void;
  readonly onDeleted?: () => void;
}

export function DeleteModel({ model, onClose, onDeleted }: DeleteModelProps) {
  const specs = useEngineSpecs();
  const undo = (deleted: Model) => {
    const fields = specs.data?.find((spec) => spec.engine_type === deleted.engine_type)?.fields ?? [];
    client.models
      .create(draftOf(deleted, fields))
      .then(() => toast.success(`"${deleted.name}" is back`))
      .catch((error: unknown) => toastFailure(`"${deleted.name}" could not be restored`, error));
  };
  const remove = useMutation({
    mutationFn: async (model: Model) => {
      if (model.state !== 'stopped' && model.state !== 'failed') await client.models.stop({ id: model.id });
      await client.models.remove({ id: model.id });
    },
    onSuccess: (_, deleted) => {
      onClose();
      onDeleted?.();
      toast(`"${deleted.name}" was deleted`, {
        description: deleted.hf_token_set
          ? 'Its files are untouched. Its Hugging Face token is forgotten for good.'
          : 'Its files are untouched.',
        action: { label: 'Undo', onClick: () => undo(deleted) },
        duration: 8_000,
      });
    },
    onError: (error, model) => toastFailure(`"${model.name}" could not be deleted`, error),
  });
  const running = model !== null && model.state !== 'stopped' && model.state !== 'failed';
  return (
    <ConfirmDialog
      open={model !== null}
      onOpenChange={onClose}
      title={`Delete "${model?.name ?? ''}"?`}
      description={
        <>
          {running ? 'It is stopped first. ' : ''}
          Its configuration goes; the model files stay where they are
          {model?.local_path === null || model === null ? '.' : ': '}
          {model?.local_path === null || model === null ? null : (
            <code className="font-mono text-xs break-all">{model.local_path}</code>
          )}
        </>
      }
      action="Delete model"
      busy={remove.isPending}
      onConfirm={() => {
        if (model !== null) remove.mutate(model);
      }}
    />
  );
}
