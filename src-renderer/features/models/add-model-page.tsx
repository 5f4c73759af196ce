import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { toast } from 'sonner';
import type { GgufGroup } from '#contract/library.ts';
import { client } from '../../api/client.ts';
import { describeError, type ErrorDescription } from '../../api/errors.ts';
import { useModels } from '../../api/live.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { useStartModel } from '../../parts/model-actions.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Card, Page } from '../../ui/page.tsx';
import { ErrorPanel } from '../../ui/state.tsx';
import {
  draftModel,
  freeServedName,
  servedNameFrom,
  suggestName,
  type DraftParts,
  type Place,
} from './add-model-draft.ts';
import { NameFields, servedNameProblem, SettingsFields, type Names } from './add-model-fields.tsx';
import { ContentsStep } from './contents-step.tsx';
import { DraftSummary } from './draft-summary.tsx';
import { fieldProblem, type FieldValues } from './field-values.ts';
import { FolderStep } from './folder-step.tsx';

function useTakenNames(): ReadonlySet<string> {
  const models = useModels();
  return useMemo(() => new Set(models?.map((model) => model.served_model_name)), [models]);
}

export function AddModelPage() {
  const [place, setPlace] = useState<Place | null>(null);
  const [group, setGroup] = useState<GgufGroup | null>(null);
  const [names, setNames] = useState<Names>({ name: '', served: '', servedEdited: false });
  const [values, setValues] = useState<FieldValues>({});
  const [buildId, setBuildId] = useState<string | null>(null);
  const taken = useTakenNames();
  const choosePlace = useCallback((next: Place) => {
    setPlace(next);
    setGroup(null);
  }, []);
  const chooseGroup = useCallback(
    (next: GgufGroup) => {
      setGroup(next);
      const name = suggestName(next);
      setNames({ name, served: freeServedName(servedNameFrom(name), taken), servedEdited: false });
    },
    [taken],
  );
  const create = useCreate();
  const problem = create.error === null ? null : describeError(create.error);
  const parts: DraftParts | null =
    group === null ? null : { group, name: names.name, servedName: names.served, buildId, values };
  return (
    <Page title="Add model">
      <div className="grid items-start gap-5 grid-cols-[minmax(0,1fr)_minmax(300px,32%)]">
        <div className="grid grid-cols-1 gap-3">
          <Step number={1} title="Source" done={place !== null}>
            <FolderStep place={place} onChoose={choosePlace} />
          </Step>
          <Step number={2} title="Model" done={group !== null}>
            {place === null ? null : <ContentsStep place={place} chosen={group} onChoose={chooseGroup} />}
          </Step>
          <Step number={3} title="Name" done={names.name !== '' && names.served !== ''}>
            {group === null ? null : <NameFields names={names} onChange={setNames} taken={taken} problem={problem} />}
          </Step>
          <Step number={4} title="Settings" done={Object.keys(values).length > 0}>
            {group === null ? null : (
              <SettingsFields
                values={values}
                onChange={setValues}
                buildId={buildId}
                onBuild={setBuildId}
                problem={problem}
                trained={group.metadata?.context_length ?? null}
              />
            )}
          </Step>
        </div>
        <DraftColumn parts={parts} taken={taken} problem={problem} busy={create.isPending} onCreate={create.mutate} />
      </div>
    </Page>
  );
}

interface CreateRequest {
  readonly parts: DraftParts;
  readonly start: boolean;
}

function useCreate() {
  const navigate = useNavigate();
  const start = useStartModel();
  return useMutation({
    mutationFn: ({ parts }: CreateRequest) => client.models.create(draftModel(parts)),
    onSuccess: ({ id }, request) => {
      const { name } = draftModel(request.parts);
      if (request.start) {
        start.mutate({ id, name });
        void navigate({ to: '/models/$id', params: { id: String(id) } });
      } else {
        toast.success(`"${name}" was saved`);
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
  readonly parts: DraftParts | null;
  readonly taken: ReadonlySet<string>;
  readonly problem: ErrorDescription | null;
  readonly busy: boolean;
  readonly onCreate: (request: CreateRequest) => void;
}

function DraftColumn({ parts, taken, problem, busy, onCreate }: DraftColumnProps) {
  const specs = useEngineSpecs();
  const fields = specs.data?.find((spec) => spec.engine_type === 'llamacpp')?.fields ?? [];
  const invalid =
    parts === null ||
    parts.name.trim() === '' ||
    servedNameProblem(parts.servedName, taken) !== null ||
    fields.some((spec) => fieldProblem(spec, parts.values[spec.name]) !== null);
  const submit = (start: boolean) => {
    if (parts !== null) onCreate({ parts, start });
  };
  return (
    <aside aria-label="Summary" className="sticky top-4 grid grid-cols-1 gap-3">
      <DraftSummary parts={parts} />
      {problem === null ? null : <ErrorPanel what="The model was not added" problem={problem} />}
      <div className="flex justify-end gap-2">
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
