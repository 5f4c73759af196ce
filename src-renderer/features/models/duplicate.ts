import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { toast } from 'sonner';
import type { Model } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { useLive } from '../../api/live.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { freeServedName } from './add-model-draft.ts';
import { draftOf } from './delete-model.tsx';

/** "Qwen3 8B (copy)", "Qwen3 8B (copy 2)" ... */
export function copyName(name: string, taken: ReadonlySet<string>): string {
  const first = `${name} (copy)`;
  if (!taken.has(first)) return first;
  let number = 2;
  while (taken.has(`${name} (copy ${number})`)) number += 1;
  return `${name} (copy ${number})`;
}

/** The same configuration under another name, opened to be changed. */
export function useDuplicate() {
  const specs = useEngineSpecs();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (model: Model) => {
      const fields = specs.data?.find((spec) => spec.engine_type === model.engine_type)?.fields ?? [];
      const known = useLive.getState().models ?? [];
      return client.models.create({
        ...draftOf(model, fields),
        name: copyName(model.name, new Set(known.map(({ name }) => name))),
        served_model_name: freeServedName(
          `${model.served_model_name}-copy`,
          new Set(known.map(({ served_model_name: served }) => served)),
        ),
      });
    },
    onSuccess: ({ id }, model) => {
      const note = 'Its Hugging Face token is not copied; give the copy its own.';
      toast.success(`"${model.name}" was duplicated`, model.hf_token_set ? { description: note } : {});
      void navigate({ to: '/models/$id', params: { id: String(id) }, search: { tab: 'configuration' } });
    },
    onError: (error, model) => toastFailure(`"${model.name}" could not be duplicated`, error),
  });
}
