import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { create } from 'zustand';
import type { FieldPatch, Model } from '#contract/models.ts';
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

/** Writes a fix's patch into the configuration and starts again. */
export function useApplyFix() {
  return useMutation({
    mutationFn: async ({ model, patch }: { readonly model: Model; readonly patch: FieldPatch }) => {
      await client.models.update({ ...patch, id: model.id });
      return client.models.start({ id: model.id });
    },
    onError: (error, { model }) => explainStartFailure(model, error),
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
