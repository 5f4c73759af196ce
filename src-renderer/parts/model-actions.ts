import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { toast } from 'sonner';
import { create } from 'zustand';
import type { FieldPatch, FieldValue, Model } from '#contract/models.ts';
import { client } from '../api/client.ts';
import { describeError } from '../api/errors.ts';
import { endedJobs, useLive } from '../api/live.ts';
import { toastFailure } from './failure-toast.ts';

interface EngineNeed {
  /** The model whose start waits for an engine; its id, or null. */
  readonly modelId: number | null;
  /** Jobs over by then: only one that ends later can have brought the engine. */
  readonly endedBefore: ReadonlySet<string>;
}

/** A start that found no engine: the frame then offers to install one and starts the model after it. */
export const useEngineNeed = create<EngineNeed>(() => ({ modelId: null, endedBefore: new Set() }));

function needEngine(modelId: number): void {
  useEngineNeed.setState({ modelId, endedBefore: endedJobs(useLive.getState().jobs ?? []) });
}

function explainStartFailure(model: Pick<Model, 'id' | 'name'>, error: unknown): void {
  if (describeError(error).code === 'no_engine_build') needEngine(model.id);
  else toastFailure(`"${model.name}" could not be started`, error);
}

/** A failed engine is no error here: the model's state then says so, with its diagnosis. */
export function useStartModel() {
  return useMutation({
    mutationFn: (model: Pick<Model, 'id' | 'name'>) => client.models.start({ id: model.id }),
    onError: (error, model) => explainStartFailure(model, error),
  });
}

export function useStopModel() {
  return useMutation({
    mutationFn: (model: Pick<Model, 'id' | 'name'>) => client.models.stop({ id: model.id }),
    onError: (error, model) => toastFailure(`"${model.name}" could not be stopped`, error),
  });
}

/** Stops and starts again, so that the configuration of now applies. */
export function useRestartModel() {
  const { mutate: start } = useStartModel();
  return useMutation({
    mutationFn: (model: Pick<Model, 'id' | 'name'>) => client.models.stop({ id: model.id }),
    onSuccess: (_, model) => start(model),
    onError: (error, model) => toastFailure(`"${model.name}" could not be restarted`, error),
  });
}

/** What a patch replaces, so that it can be taken back. */
export function patchBefore(model: Model, patch: FieldPatch): FieldPatch {
  return Object.fromEntries(Object.keys(patch).map((name) => [name, (model[name] ?? null) as FieldValue]));
}

export interface Fix {
  readonly model: Model;
  readonly title: string;
  readonly patch: FieldPatch;
}

function offerUndo({ model, title, patch }: Fix): void {
  const before = patchBefore(model, patch);
  const undo = () =>
    void client.models.update({ ...before, id: model.id }).then(
      () => toast(`"${model.name}" has its former settings`, { description: 'They apply at its next start.' }),
      (error: unknown) => toastFailure('The fix could not be taken back', error),
    );
  toast(`Applied: ${title}`, { action: { label: 'Undo', onClick: undo }, duration: 10_000 });
}

/** Writes a fix's patch into the configuration and starts again. */
export function useApplyFix() {
  return useMutation({
    mutationFn: async (fix: Fix) => {
      await client.models.update({ ...fix.patch, id: fix.model.id });
      offerUndo(fix);
      return client.models.start({ id: fix.model.id });
    },
    onError: (error, { model }) => explainStartFailure(model, error),
  });
}

/** Puts a model aside, or takes it back; one that runs is stopped first. */
export function useArchive() {
  return useMutation({
    mutationFn: async (model: Model) => {
      if (model.archived) return client.models.unarchive({ id: model.id });
      if (model.state !== 'stopped' && model.state !== 'failed') await client.models.stop({ id: model.id });
      return client.models.archive({ id: model.id });
    },
    onSuccess: (_, model) => {
      const back = () =>
        void (model.archived ? client.models.archive : client.models.unarchive)({ id: model.id }).catch(
          (error: unknown) => toastFailure('That could not be undone', error),
        );
      toast(model.archived ? `"${model.name}" is back among the models` : `"${model.name}" was archived`, {
        action: { label: 'Undo', onClick: back },
      });
    },
    onError: (error, model) =>
      toastFailure(`"${model.name}" could not be ${model.archived ? 'taken back' : 'archived'}`, error),
  });
}

const SELF_TEST_NAME = 'self-test';

async function ensureSelfTest(folder: string, models: readonly Model[]): Promise<Pick<Model, 'id' | 'name'>> {
  const known = models.find((model) => model.served_model_name === SELF_TEST_NAME);
  if (known !== undefined) return known;
  const draft = {
    name: 'Self-test model',
    served_model_name: SELF_TEST_NAME,
    engine_type: 'llamacpp',
    runtime: 'process',
    local_path: folder,
  } as const;
  try {
    return { ...(await client.models.create(draft)), name: draft.name };
  } catch (error) {
    if (describeError(error).code !== 'path_outside_library') throw error;
    // The folder is the program's own: no need to ask whether to trust it.
    await client.library.addFolder({ path: folder });
    return { ...(await client.models.create(draft)), name: draft.name };
  }
}

/** Adds the self-test model if need be, starts it, and opens the playground on it. */
export function useSelfTest() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ folder, models }: { readonly folder: string; readonly models: readonly Model[] }) => {
      const model = await ensureSelfTest(folder, models);
      void navigate({ to: '/playground', search: { model: SELF_TEST_NAME } });
      try {
        await client.models.start({ id: model.id });
      } catch (error) {
        explainStartFailure(model, error);
      }
    },
    onError: (error) => toastFailure('The self-test model could not be added', error),
    onSettled: () => queries.invalidateQueries(),
  });
}
