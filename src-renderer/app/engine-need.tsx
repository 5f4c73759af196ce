import { useEffect } from 'react';
import { useLive, useModel } from '../api/live.ts';
import { EngineInstall } from '../parts/engine-install.tsx';
import { useEngineNeed, useStartModel } from '../parts/model-actions.ts';
import { Dialog } from '../ui/dialog.tsx';

const close = () => useEngineNeed.setState({ modelId: null });

/** A start that found no engine leads here; once one is installed, by whomever, the model starts by itself. */
export function EngineNeed() {
  const { modelId, endedBefore } = useEngineNeed();
  const model = useModel(modelId ?? -1) ?? null;
  const { mutate: start } = useStartModel();
  const hasEngine = useLive(
    (live) =>
      live.jobs?.some(
        (job) => job.job_type === 'engine_build_install' && job.status === 'completed' && !endedBefore.has(job.id),
      ) === true,
  );
  useEffect(() => {
    if (model === null || !hasEngine) return;
    close();
    start(model);
  }, [model, hasEngine, start]);
  return (
    <Dialog
      wide
      open={modelId !== null}
      onOpenChange={close}
      title="An engine is needed first"
      description={`"${model?.name ?? 'The model'}" starts as soon as the engine is installed.`}
    >
      <EngineInstall />
    </Dialog>
  );
}
