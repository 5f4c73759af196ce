import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Eraser, FlaskConical, MessageSquare, Play, SlidersHorizontal } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Model } from '#contract/models.ts';
import { useModels } from '../../api/live.ts';
import { useProgramInfo } from '../../api/queries.ts';
import { useSelfTest, useStartModel } from '../../parts/model-actions.ts';
import { isComing, ModelStateMark, progressWords } from '../../parts/model-state.tsx';
import { Button, buttonClass, IconButton } from '../../ui/button.tsx';
import { ProgressLine } from '../../ui/progress.tsx';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { Empty, Notice, SkeletonRows } from '../../ui/state.tsx';
import { AnswerView, QuestionView, ScrollToEnd } from './answer-view.tsx';
import { Composer } from './composer.tsx';
import { clearConversation, regenerate, send, useConversation } from './conversation.ts';
import { chatModels, ModelPicker } from './model-picker.tsx';
import { useReaderScroll } from './reader-scroll.ts';
import { SamplingSheet } from './sampling-sheet.tsx';

export function PlaygroundPage() {
  const models = useModels();
  const { model: wanted } = useSearch({ from: '/playground' });
  const [sheet, setSheet] = useState(() => window.innerWidth >= 1280);
  const choices = useMemo(() => (models === null ? null : chatModels(models)), [models]);
  if (choices === null) return <SkeletonRows />;
  const chosen = choices.find((model) => model.served_model_name === wanted) ?? choices[0] ?? null;
  if (chosen === null) return <NothingToChatWith models={models ?? []} />;
  return (
    <div className="flex h-full">
      <div className="flex min-w-0 flex-1 flex-col">
        <PlaygroundHead models={choices} chosen={chosen} sheet={sheet} onSheet={() => setSheet(!sheet)} />
        <Conversation model={chosen} />
      </div>
      {sheet ? <SamplingSheet onClose={() => setSheet(false)} /> : null}
    </div>
  );
}

interface HeadProps {
  readonly models: readonly Model[];
  readonly chosen: Model;
  readonly sheet: boolean;
  readonly onSheet: () => void;
}

function PlaygroundHead({ models, chosen, sheet, onSheet }: HeadProps) {
  const navigate = useNavigate();
  const empty = useConversation((conversation) => conversation.turns.length === 0);
  return (
    <div className="flex h-11 shrink-0 items-center gap-3 border-b px-4">
      <h1 className="sr-only">Playground</h1>
      <ModelPicker
        models={models}
        chosen={chosen}
        onChoose={(model) => void navigate({ to: '/playground', search: { model } })}
      />
      <ModelStateMark state={chosen.state} />
      <div className="ml-auto flex gap-1">
        <IconButton label="Clear the conversation" disabled={empty} onClick={clearConversation}>
          <Eraser aria-hidden />
        </IconButton>
        <IconButton label="Parameters" aria-expanded={sheet} onClick={onSheet}>
          <SlidersHorizontal aria-hidden />
        </IconButton>
      </div>
    </div>
  );
}

function Conversation({ model }: { readonly model: Model }) {
  const turns = useConversation((conversation) => conversation.turns);
  const { scroller, content, away, onScroll, toEnd } = useReaderScroll();
  const last = turns.at(-1);
  const served = model.served_model_name;
  return (
    <>
      <ScrollRegion ref={scroller} label="Conversation" onScroll={onScroll} className="min-h-0 flex-1 overflow-y-auto">
        <div ref={content} className="mx-auto grid w-full max-w-[760px] grid-cols-1 gap-5 px-6 py-6">
          {turns.length === 0 ? <Beginning model={model} /> : null}
          {turns.map((turn) => (
            <div key={turn.id} className="group/turn">
              {turn.role === 'user' ? (
                <QuestionView content={turn.content} />
              ) : (
                <AnswerView answer={turn} last={turn === last} onRetry={() => regenerate(served)} />
              )}
            </div>
          ))}
        </div>
      </ScrollRegion>
      <div className="relative mx-auto w-full max-w-[760px] px-6 pb-5">
        {away ? (
          <div className="absolute -top-9 left-1/2 -translate-x-1/2">
            <ScrollToEnd onClick={toEnd} />
          </div>
        ) : null}
        <Readiness model={model} />
        <Composer
          blocked={model.state === 'running' ? null : `${model.name} is ${model.state}`}
          onSend={(text) => {
            toEnd();
            send(served, text);
          }}
        />
      </div>
    </>
  );
}

function Beginning({ model }: { readonly model: Model }) {
  return (
    <Empty icon={MessageSquare} title={`Talk to ${model.name}`}>
      Answers stream in with their speed measured. The conversation stays in this window and is gone when it closes.
    </Empty>
  );
}

/** What stands between the chosen model and an answer. */
function Readiness({ model }: { readonly model: Model }) {
  const start = useStartModel();
  if (model.state === 'running') return null;
  if (isComing(model))
    return (
      <div className="mb-2">
        <output className="mb-1 block text-xs text-dim tabular-nums">
          {model.progress === null ? 'Starting the engine' : progressWords(model.progress)}
        </output>
        <ProgressLine label={`Loading ${model.name}`} fraction={model.progress?.fraction ?? null} />
      </div>
    );
  return (
    <div className="mb-2">
      <Notice
        tone={model.state === 'failed' ? 'failed' : 'stopped'}
        title={model.state === 'failed' ? `${model.name} failed to start` : `${model.name} is ${model.state}`}
        action={
          <>
            {model.state === 'failed' ? (
              <Link to="/models/$id" params={{ id: String(model.id) }} className={buttonClass({ size: 'small' })}>
                See why
              </Link>
            ) : null}
            <Button
              size="small"
              tone="primary"
              disabled={model.state === 'stopping'}
              busy={start.isPending && model.state === 'stopped'}
              onClick={() => start.mutate(model)}
            >
              <Play aria-hidden className="!size-3 fill-current" />
              Start
            </Button>
          </>
        }
      >
        {model.diagnosis?.summary ?? model.state_detail ?? undefined}
      </Notice>
    </div>
  );
}

function NothingToChatWith({ models }: { readonly models: readonly Model[] }) {
  const info = useProgramInfo();
  const selfTest = useSelfTest();
  const folder = info.data?.self_test_model ?? null;
  return (
    <Empty
      icon={MessageSquare}
      title="No model to talk to yet"
      actions={
        <>
          {folder === null ? null : (
            <Button busy={selfTest.isPending} onClick={() => selfTest.mutate({ folder, models })}>
              <FlaskConical aria-hidden />
              Try the self-test model
            </Button>
          )}
          <Link to="/models/new" className={buttonClass({ tone: 'primary' })}>
            Add a model
          </Link>
        </>
      }
    >
      Add a model that generates text, start it, and talk to it here.
    </Empty>
  );
}
