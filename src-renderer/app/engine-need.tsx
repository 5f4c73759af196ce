import { useModel } from '../api/live.ts';
import { EngineInstall } from '../parts/engine-install.tsx';
import { useEngineNeed, useStartModel } from '../parts/model-actions.ts';
import { Dialog } from '../ui/dialog.tsx';

/** A start that found no engine leads here; once one is installed the model starts by itself. */
export function EngineNeed() {
  const modelId = useEngineNeed((need) => need.modelId);
  const model = useModel(modelId ?? -1);
  const { mutate: start } = useStartModel();
  const close = () => useEngineNeed.setState({ modelId: null });
  return (
    <Dialog
      wide
      open={modelId !== null}
      onOpenChange={close}
      title="An engine is needed first"
      description={`"${model?.name ?? 'The model'}" starts as soon as the engine is installed.`}
    >
      <EngineInstall
        onInstalled={() => {
          close();
          if (model !== null && model !== undefined) start(model);
        }}
      />
    </Dialog>
  );
}
