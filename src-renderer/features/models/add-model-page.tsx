import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { toast } from 'sonner';
import type { ModelCreate } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { useStartModel } from '../../parts/model-actions.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Card, Page } from '../../ui/page.tsx';
import { createInput, hasSource, patchDraft, type DraftView } from './add-model-draft.ts';
import { NameFields, SettingsFields } from './add-model-fields.tsx';
import { useDraftProblems } from './add-model-problems.ts';
import { useAddModel } from './add-model-state.ts';
import { ContentsStep } from './contents-step.tsx';
import { DraftSummary } from './draft-summary.tsx';
import { EngineStep } from './engine-step.tsx';
import { showFirstProblem } from './field-issues.ts';
import { FolderStep } from './folder-step.tsx';
import { HubStep } from './hub-step.tsx';
import { PasteStep } from './paste-step.tsx';
import { RecipeStep } from './recipe-step.tsx';
import { RefusalPanel } from './refusal-panel.tsx';
import { ProblemCount } from './save-bar.tsx';
import { SourceKinds } from './source-step.tsx';
import { WeightsField } from './weights-field.tsx';

export function AddModelPage() {
  const { recipe } = useSearch({ from: '/models/new' });
  // Another recipe is another page.
  return <AddModel key={recipe ?? 0} wanted={recipe ?? null} />;
}

type AddModelState = ReturnType<typeof useAddModel>;

function AddModel({ wanted }: { readonly wanted: number | null }) {
  const state = useAddModel(wanted === null ? 'library' : 'recipe');
  const { source, place, draft, names, runtime, group } = state.answers;
  const create = useCreate();
  const ready = draft !== null && hasSource(draft);
  const view: DraftView | null = ready ? { draft, names, runtime, group } : null;
  const problems = useDraftProblems(view, state.taken, create);
  const { issues } = problems;
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (create.error !== null) showFirstProblem(form.current);
  }, [create.error]);
  return (
    <Page title="Add model">
      <div className="grid grid-cols-[minmax(0,1fr)_minmax(300px,34%)] items-start gap-5">
        <div ref={form} className="grid grid-cols-1 gap-3">
          <Step number={1} title="Source" done={source !== 'library' || place !== null}>
            <SourceKinds kind={source} onChange={state.on.chooseSource} />
            {source === 'library' ? (
              <FolderStep place={place} onChoose={state.on.choosePlace} />
            ) : (
              <div className="h-2" />
            )}
          </Step>
          <Step number={2} title="Model" done={ready}>
            {source === 'library' && place === null ? null : <ModelStep state={state} wanted={wanted} />}
          </Step>
          <Step number={3} title="Engine" done={ready}>
            {ready ? (
              <EngineStep
                draft={draft}
                runtime={runtime}
                onChange={state.on.setDraft}
                imageError={issues['engine_image'] ?? null}
              />
            ) : null}
          </Step>
          <Step number={4} title="Settings" done={ready && Object.keys(draft.values).length > 0}>
            {ready ? (
              <SettingsFields
                draft={draft}
                runtime={runtime}
                onChange={(values) => state.on.setDraft({ ...draft, values })}
                issues={issues}
                trained={group?.metadata?.context_length ?? null}
              />
            ) : null}
          </Step>
          <Step number={5} title="Name" done={ready && names.name !== '' && names.served !== ''}>
            {ready ? (
              <NameFields names={names} onChange={state.on.setNames} taken={state.taken} issues={issues} />
            ) : null}
          </Step>
        </div>
        <DraftColumn
          state={state}
          view={view}
          problems={problems}
          busy={create.isPending}
          onShowProblem={() => showFirstProblem(form.current)}
          onCreate={create.mutate}
        />
      </div>
    </Page>
  );
}

/** The second step is another one for each source. */
function ModelStep({ state, wanted }: { readonly state: AddModelState; readonly wanted: number | null }) {
  const { source, place, draft, chosen, recipe } = state.answers;
  const weights = draft === null ? null : <WeightsField draft={draft} onChange={state.on.setDraft} />;
  switch (source) {
    case 'library':
      return place === null ? null : <ContentsStep place={place} chosen={chosen} onChoose={state.on.choose} />;
    case 'hub':
      return <HubStep onDraft={state.on.chooseHub} />;
    case 'paste':
      return (
        <>
          <PasteStep onParsed={state.on.takeParsed} />
          {weights}
        </>
      );
    case 'recipe':
      return (
        <>
          <RecipeStep wanted={wanted} chosen={recipe} onChoose={state.on.takeRecipe} />
          {weights}
        </>
      );
  }
}

interface CreateRequest {
  readonly input: ModelCreate;
  readonly start: boolean;
}

function useCreate() {
  const navigate = useNavigate();
  const start = useStartModel();
  return useMutation({
    mutationFn: ({ input }: CreateRequest) => client.models.create(input),
    onSuccess: ({ id, converted }, { input, start: starts }) => {
      const { name } = input;
      const told = converted.map(({ message }) => message).join(' ');
      if (starts) {
        start.mutate({ id, name });
        void navigate({ to: '/models/$id', params: { id: String(id) } });
      } else {
        toast.success(`"${name}" was saved`, told === '' ? {} : { description: told });
        void navigate({ to: '/models' });
      }
    },
  });
}

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly done: boolean;
  readonly children: ReactNode;
}

/** A step of the page; it opens when the one before it is answered. */
function Step({ number, title, done, children }: StepProps) {
  return (
    <section aria-label={`Step ${number}, ${title}`}>
      <Card>
        <h2
          className={classNames(
            'flex h-10 items-center gap-2.5 px-4 font-semibold',
            children === null && 'font-medium text-dim',
          )}
        >
          <span
            aria-hidden
            className={`flex size-5 items-center justify-center rounded-full text-xs tabular-nums ${done ? 'bg-selected text-accent-text' : 'border text-dim'}`}
          >
            {number}
          </span>
          {title}
        </h2>
        {children === null ? null : <div className="border-t">{children}</div>}
      </Card>
    </section>
  );
}

interface DraftColumnProps {
  readonly state: AddModelState;
  readonly view: DraftView | null;
  readonly problems: ReturnType<typeof useDraftProblems>;
  readonly busy: boolean;
  readonly onShowProblem: () => void;
  readonly onCreate: (request: CreateRequest) => void;
}

function DraftColumn({ state, view, problems, busy, onShowProblem, onCreate }: DraftColumnProps) {
  const { start, count, labelOf, problem } = problems;
  const invalid = view === null || count > 0;
  const submit = (start: boolean) => {
    if (view !== null) onCreate({ input: createInput(view.draft, view.names, view.runtime), start });
  };
  return (
    <aside aria-label="Summary" className="sticky top-4 flex max-h-[calc(100vh-76px)] flex-col gap-3">
      <div className="-m-1 grid min-h-0 grid-cols-1 gap-3 overflow-y-auto p-1">
        <DraftSummary
          view={view}
          start={start}
          labelOf={labelOf}
          onPatch={(patch) => {
            if (view !== null) state.on.setDraft(patchDraft(view.draft, patch));
          }}
        />
        {problem === null ? null : <RefusalPanel what="The model was not added" problem={problem} labelOf={labelOf} />}
      </div>
      <div className="flex flex-wrap items-center justify-end gap-2">
        {view === null || count === 0 ? null : <ProblemCount problems={count} onShow={onShowProblem} />}
        <Button disabled={invalid || busy} onClick={() => submit(false)}>
          Save without starting
        </Button>
        <Button tone="primary" disabled={invalid} busy={busy} onClick={() => submit(true)}>
          <Play aria-hidden className="!size-3 fill-current" />
          Start
        </Button>
      </div>
    </aside>
  );
}
