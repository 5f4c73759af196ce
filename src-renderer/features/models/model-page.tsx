import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ArrowLeft, MessageSquare, Play, Square, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import type { Model } from '#contract/models.ts';
import { useModel } from '../../api/live.ts';
import { useStartModel, useStopModel } from '../../parts/model-actions.ts';
import { isUp, ModelStateMark } from '../../parts/model-state.tsx';
import { Button, buttonClass, IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, SkeletonRows } from '../../ui/state.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { DeleteModel } from './delete-model.tsx';
import { ModelConfiguration } from './model-configuration.tsx';
import { ModelLogs } from './model-logs.tsx';
import { ModelOverview } from './model-overview.tsx';
import type { FieldValues } from './field-values.ts';
import { UnappliedNotice } from './unapplied.tsx';
import { UnsavedChanges } from './unsaved-changes.tsx';

export const MODEL_TABS = ['overview', 'configuration', 'logs'] as const;
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
  const [deleting, setDeleting] = useState(false);
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
          <span className="flex min-w-0 items-center gap-0.5 font-mono text-xs">
            <span className="truncate" title={model.served_model_name}>
              {model.served_model_name}
            </span>
            <CopyButton text={model.served_model_name} what="served name" />
          </span>
        </span>
      }
      actions={<PageActions model={model} onDelete={() => setDeleting(true)} />}
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
        ]}
      />
      <DeleteModel
        model={deleting ? model : null}
        onClose={() => setDeleting(false)}
        onDeleted={() => {
          gone.current = true;
          void navigate({ to: '/models' });
        }}
      />
      <UnsavedChanges unsaved={Object.keys(edits).length > 0} isGone={() => gone.current} />
    </Page>
  );
}

function PageActions({ model, onDelete }: { readonly model: Model; readonly onDelete: () => void }) {
  const start = useStartModel();
  const stop = useStopModel();
  return (
    <>
      <IconButton label={`Delete ${model.name}`} onClick={onDelete}>
        <Trash2 aria-hidden />
      </IconButton>
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
          disabled={model.state === 'stopping'}
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
