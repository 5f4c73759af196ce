import { Link } from '@tanstack/react-router';
import { Boxes, FlaskConical, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Model } from '#contract/models.ts';
import { useConnection } from '../../api/connection.ts';
import { useModels } from '../../api/live.ts';
import { useBuilds, useProgramInfo } from '../../api/queries.ts';
import { DockerNotice } from '../../parts/docker-notice.tsx';
import { EngineInstall, useInstallJob } from '../../parts/engine-install.tsx';
import { useSelfTest } from '../../parts/model-actions.ts';
import { matchesModel } from '../../parts/model-state.tsx';
import { ModelTabs } from '../../parts/model-tabs.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Card, Page } from '../../ui/page.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { Empty, ErrorPanel, SkeletonRows } from '../../ui/state.tsx';
import { Orphans } from './orphans.tsx';
import { ModelsTable } from './models-table.tsx';

export function ModelsPage() {
  const builds = useBuilds();
  const models = useModels();
  const installing = useInstallJob();
  // Who runs models in containers only needs no engine of this machine.
  const contained = models?.some((model) => model.runtime === 'process') === false && models.length > 0;
  const missing = (builds.data?.length === 0 && !contained) || installing !== null;
  return (
    <Page
      title="Models"
      note={
        <span className="flex items-center gap-3">
          <ModelTabs current="models" />
          <Counts models={models ?? []} />
        </span>
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
        <NeedsDocker />
        <Orphans />
        <ModelsContent />
      </div>
    </Page>
  );
}

function Counts({ models }: { readonly models: readonly Model[] }) {
  const active = models.filter((model) => !model.archived);
  if (active.length === 0) return null;
  const running = active.filter((model) => model.state === 'running').length;
  return (
    <span className="tabular-nums">
      {active.length === 1 ? '1 model' : `${active.length} models`}, {running} running
    </span>
  );
}

/** Said here only where it keeps a model from running. */
function NeedsDocker() {
  const contained = useModels()?.some((model) => model.runtime === 'container' && !model.archived) === true;
  return contained ? <DockerNotice /> : null;
}

function ModelsContent() {
  const models = useModels();
  const lost = useConnection((connection) => connection.state.kind === 'lost');
  if (models === null && lost)
    return (
      <ErrorPanel
        what="The models could not be loaded"
        problem={{
          title: 'The program does not answer.',
          action: 'This page keeps trying; it fills as soon as the program runs again.',
          requestId: null,
        }}
      />
    );
  if (models !== null && models.length > 0) return <ModelList models={models} />;
  return <Card className="overflow-hidden">{models === null ? <SkeletonRows rows={5} /> : <NoModels />}</Card>;
}

type Shelf = 'active' | 'archived';

/** From here on a search is faster than looking. */
const MANY = 6;

function ModelList({ models }: { readonly models: readonly Model[] }) {
  const [search, setSearch] = useState('');
  const [shelf, setShelf] = useState<Shelf>('active');
  const archived = models.filter((model) => model.archived);
  const active = models.filter((model) => !model.archived);
  const shelved = shelf === 'archived' && archived.length > 0 ? archived : active;
  const shown = shelved.filter((model) => matchesModel(model, search));
  const searchable = models.length >= MANY;
  return (
    <Card className="overflow-hidden">
      <div
        className={classNames(
          'flex min-h-12 flex-wrap items-center gap-3 border-b px-4 py-2',
          !searchable && archived.length === 0 && 'hidden',
        )}
      >
        {searchable ? (
          <SearchField label="Search models" value={search} onChange={setSearch} className="max-w-80 flex-1" />
        ) : null}
        {archived.length === 0 ? null : (
          <Segments
            label="Shown models"
            value={shelf}
            options={[
              { value: 'active', label: `In use ${active.length}` },
              { value: 'archived', label: `Archived ${archived.length}` },
            ]}
            onChange={setShelf}
          />
        )}
        <output className="ml-auto text-dim tabular-nums">{search.trim() === '' ? '' : `${shown.length} found`}</output>
      </div>
      {shown.length === 0 ? (
        <p className="px-4 py-10 text-center text-dim">
          {search.trim() === '' ? 'Every model is in the archive.' : `No model matches "${search.trim()}".`}
        </p>
      ) : (
        <ModelsTable models={shown} />
      )}
    </Card>
  );
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
      Add a model from a folder of this machine, from Hugging Face, or by pasting a command you already run.
      {folder === null
        ? null
        : ' Or try the chain without downloading anything: the self-test model always says one fixed sentence.'}
    </Empty>
  );
}
