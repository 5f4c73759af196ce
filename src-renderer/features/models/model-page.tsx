import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ArrowLeft, MessageSquare, Play, Square } from 'lucide-react';
import { useRef, useState } from 'react';
import type { Model } from '#contract/models.ts';
import { useModel } from '../../api/live.ts';
import { useStartModel, useStopModel } from '../../parts/model-actions.ts';
import { isUp, ModelStateMark } from '../../parts/model-state.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { Page } from '../../ui/page.tsx';
import { Badge, Empty, SkeletonRows } from '../../ui/state.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { ModelConfiguration } from './model-configuration.tsx';
import { ModelExport } from './model-export.tsx';
import { ModelLogs } from './model-logs.tsx';
import { ModelMenu } from './model-menu.tsx';
import { ModelOverview } from './model-overview.tsx';
import { ModelTestTab } from './model-test.tsx';
import type { FieldValues } from './field-values.ts';
import { UnappliedNotice } from './unapplied.tsx';
import { UnsavedChanges } from './unsaved-changes.tsx';

export const MODEL_TABS = ['overview', 'configuration', 'logs', 'test', 'export'] as const;
export type ModelTab = (typeof MODEL_TABS)[number];

export function ModelPage() {
  const { id } = useParams({ from: '/models/$id' });
  const model = useModel(Number(id));
  if (model === undefined)
    return (
      <Page title="Model">
        <SkeletonRows />
      </Page>
    );
  if (model === null)
    return (
      <Page title="Model">
        <Empty
          icon={ArrowLeft}
          title="This model does not exist"
          actions={
            <Link to="/models" className={buttonClass()}>
              Back to the models
            </Link>
          }
        >
          It may have been deleted in another window.
        </Empty>
      </Page>
    );
  return <LoadedModelPage key={model.id} model={model} />;
}

function LoadedModelPage({ model }: { readonly model: Model }) {
  const { tab = 'overview' } = useSearch({ from: '/models/$id' });
  const navigate = useNavigate();
  // Here, so that the edits outlive a look at another tab.
  const [edits, setEdits] = useState<FieldValues>({});
  const gone = useRef(false);
  const chooseTab = (next: ModelTab) =>
    void navigate({ to: '/models/$id', params: { id: String(model.id) }, search: { tab: next }, replace: true });
  return (
    <Page
      title={model.name}
      note={
        <span className="flex items-center gap-3">
          <ModelStateMark state={model.state} />
          {model.archived ? <Badge>archived</Badge> : null}
          <span className="flex min-w-0 items-center gap-0.5 font-mono text-xs">
            <span className="truncate" title={model.served_model_name}>
              {model.served_model_name}
            </span>
            <CopyButton text={model.served_model_name} what="served name" />
          </span>
        </span>
      }
      actions={
        <PageActions
          model={model}
          onDeleted={() => {
            gone.current = true;
            void navigate({ to: '/models' });
          }}
        />
      }
    >
      <UnappliedNotice model={model} />
      <Tabs
        value={tab}
        onChange={chooseTab}
        items={[
          { value: 'overview', label: 'Overview', content: <ModelOverview model={model} /> },
          {
            value: 'configuration',
            label: 'Configuration',
            content: <ModelConfiguration model={model} edits={edits} onEdits={setEdits} />,
          },
          { value: 'logs', label: 'Logs', content: <ModelLogs model={model} /> },
          { value: 'test', label: 'Test', content: <ModelTestTab model={model} /> },
          { value: 'export', label: 'Export', content: <ModelExport model={model} /> },
        ]}
      />
      <UnsavedChanges unsaved={Object.keys(edits).length > 0} isGone={() => gone.current} />
    </Page>
  );
}

function PageActions({ model, onDeleted }: { readonly model: Model; readonly onDeleted: () => void }) {
  const start = useStartModel();
  const stop = useStopModel();
  return (
    <>
      <ModelMenu model={model} onDeleted={onDeleted} />
      <Link to="/playground" search={{ model: model.served_model_name }} className={buttonClass()}>
        <MessageSquare aria-hidden />
        Test in playground
      </Link>
      {isUp(model) ? (
        <Button busy={stop.isPending} onClick={() => stop.mutate(model)}>
          <Square aria-hidden className="!size-3 fill-current" />
          Stop
        </Button>
      ) : (
        <Button
          tone="primary"
          disabled={model.state === 'stopping' || model.archived}
          busy={start.isPending && model.state === 'stopped'}
          onClick={() => start.mutate(model)}
        >
          <Play aria-hidden className="!size-3 fill-current" />
          Start
        </Button>
      )}
    </>
  );
}
