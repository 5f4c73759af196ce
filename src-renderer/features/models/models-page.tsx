import { Link } from '@tanstack/react-router';
import { Boxes, FlaskConical, Plus } from 'lucide-react';
import { useConnection } from '../../api/connection.ts';
import { useModels } from '../../api/live.ts';
import { useBuilds, useProgramInfo } from '../../api/queries.ts';
import { EngineInstall, useInstallJob } from '../../parts/engine-install.tsx';
import { useSelfTest } from '../../parts/model-actions.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Empty, ErrorPanel, SkeletonRows } from '../../ui/state.tsx';
import { ModelsTable } from './models-table.tsx';

export function ModelsPage() {
  const models = useModels();
  const builds = useBuilds();
  const installing = useInstallJob();
  const running = models?.filter((model) => model.state === 'running').length ?? 0;
  const missing = builds.data?.length === 0 || installing !== null;
  return (
    <Page
      title="Models"
      note={
        models === null || models.length === 0 ? undefined : (
          <span className="tabular-nums">
            {models.length} stored, {running} running
          </span>
        )
      }
      actions={
        <Link to="/models/new" className={buttonClass({ tone: 'primary' })}>
          <Plus aria-hidden />
          Add model
        </Link>
      }
    >
      <div className="grid grid-cols-1 gap-3">
        {missing ? <EngineInstall /> : null}
        <Card className="overflow-hidden">
          <ModelsContent />
        </Card>
      </div>
    </Page>
  );
}

function ModelsContent() {
  const models = useModels();
  const lost = useConnection((connection) => connection.state.kind === 'lost');
  if (models === null && lost)
    return (
      <div className="p-3">
        <ErrorPanel
          what="The models could not be loaded"
          problem={{
            title: 'The program does not answer.',
            action: 'This page keeps trying; it fills as soon as the program runs again.',
            requestId: null,
          }}
        />
      </div>
    );
  if (models === null) return <SkeletonRows rows={5} />;
  return models.length === 0 ? <NoModels /> : <ModelsTable models={models} />;
}

function NoModels() {
  const info = useProgramInfo();
  const selfTest = useSelfTest();
  const folder = info.data?.self_test_model ?? null;
  return (
    <Empty
      icon={Boxes}
      title="No models yet"
      actions={
        <>
          {folder === null ? null : (
            <Button busy={selfTest.isPending} onClick={() => selfTest.mutate({ folder, models: [] })}>
              <FlaskConical aria-hidden />
              Try the self-test model
            </Button>
          )}
          <Link to="/models/new" className={buttonClass({ tone: 'primary' })}>
            <Plus aria-hidden />
            Add a model
          </Link>
        </>
      }
    >
      Add a GGUF file from a folder of this machine.
      {folder === null
        ? null
        : ' Or try the chain without downloading anything: the self-test model always says one fixed sentence.'}
    </Empty>
  );
}
