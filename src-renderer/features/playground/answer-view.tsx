import { ChevronRight, RotateCcw } from 'lucide-react';
import { lazy, memo, Suspense, type ReactNode } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { CopyButton } from '../../ui/copy.tsx';
import { Figure } from '../../ui/figure.tsx';
import { count, duration } from '../../ui/format.ts';
import { ErrorPanel } from '../../ui/state.tsx';
import type { Answer } from './conversation.ts';
import type { AnswerFigures } from './stopwatch.ts';

const Markdown = lazy(async () => ({ default: (await import('./markdown.tsx')).Markdown }));

interface AnswerViewProps {
  readonly answer: Answer;
  readonly last: boolean;
  readonly onRetry: () => void;
}

/** One answer: its reasoning folded away, its text, and one quiet line of instruments. */
export const AnswerView = memo(function AnswerView({ answer, last, onRetry }: AnswerViewProps) {
  const streaming = answer.status === 'streaming';
  const waiting = streaming && answer.content === '';
  return (
    <article aria-label={`Answer by ${answer.model}`} aria-busy={streaming}>
      {answer.reasoning === '' ? null : <Reasoning text={answer.reasoning} open={waiting} />}
      {answer.content === '' ? null : (
        <Suspense fallback={<div className="answer whitespace-pre-wrap">{answer.content}</div>}>
          <Markdown text={answer.content} streaming={streaming} />
        </Suspense>
      )}
      {waiting ? <output className="writing-caret block h-[22px]" aria-label="Waiting for the first token" /> : null}
      {answer.error === null ? null : (
        <div className="mt-2">
          <ErrorPanel what="No answer" problem={answer.error} {...(last ? { onRetry } : {})} />
        </div>
      )}
      {streaming ? null : <Instruments answer={answer} last={last} onRetry={onRetry} />}
    </article>
  );
});

function Reasoning({ text, open }: { readonly text: string; readonly open: boolean }) {
  return (
    <details className="group mb-2 rounded-md border px-3 py-1.5 text-dim">
      <summary className="flex h-6 list-none items-center gap-1.5 text-xs font-medium select-none">
        <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90" />
        <span className={classNames(open && 'pulses')}>{open ? 'Thinking' : 'Reasoning'}</span>
      </summary>
      <div className="pt-1 pb-1.5 break-words whitespace-pre-wrap">{text}</div>
    </details>
  );
}

function tokensOf({ prompt_tokens: prompt, completion_tokens: completion }: AnswerFigures) {
  // The window counts what it receives: a piece is a token with every engine it knows, but none of them promises it.
  if (prompt === null)
    return ['Answer tokens', <Figure key="tokens" value={`~${count(completion)}`} unit="tokens" />] as const;
  const value = `${count(prompt)} + ${count(completion)}`;
  return ['Prompt and answer tokens', <Figure key="tokens" value={value} unit="tokens" />] as const;
}

function figuresOf(figures: AnswerFigures): readonly (readonly [string, ReactNode])[] {
  const parts: (readonly [string, ReactNode])[] = [];
  if (figures.tokens_per_second !== null)
    parts.push([
      'Tokens per second',
      <Figure
        key="rate"
        value={figures.tokens_per_second.toFixed(figures.tokens_per_second < 100 ? 1 : 0)}
        unit="tok/s"
      />,
    ]);
  if (figures.ttft_ms !== null)
    parts.push([
      'Time to first token',
      <span key="first">
        <Figure {...duration(figures.ttft_ms)} /> <span className="text-dim">to first token</span>
      </span>,
    ]);
  parts.push(tokensOf(figures));
  parts.push(['Duration', <Figure key="duration" {...duration(figures.latency_ms)} />]);
  return parts;
}

/** Why an answer ended where it did, when that needs saying. */
function endWords(answer: Answer): string | null {
  if (answer.status === 'stopped') return 'Stopped';
  return answer.finish === 'length' ? 'Cut at the token limit' : null;
}

function Instruments({ answer, last, onRetry }: AnswerViewProps) {
  const end = endWords(answer);
  return (
    <div className="mt-1.5 flex min-h-7 flex-wrap items-center gap-x-3 text-xs">
      {end === null ? null : <span className="text-warning-text">{end}</span>}
      {answer.figures === null ? null : (
        <ul aria-label="Measurements" className="flex flex-wrap gap-x-3">
          {figuresOf(answer.figures).map(([label, figure]) => (
            <li key={label} title={label}>
              {figure}
            </li>
          ))}
          {answer.figures.soFar ? (
            <li className="text-dim" title="Measured by this window up to where the answer ended">
              so far
            </li>
          ) : null}
        </ul>
      )}
      <span className="truncate font-mono text-dim">{answer.model}</span>
      <div className="ml-auto flex opacity-0 transition-opacity group-focus-within/turn:opacity-100 group-hover/turn:opacity-100">
        {answer.content === '' ? null : <CopyButton text={answer.content} what="answer" />}
        {last && answer.status !== 'failed' ? (
          <IconButton label="Answer again" onClick={onRetry}>
            <RotateCcw aria-hidden />
          </IconButton>
        ) : null}
      </div>
    </div>
  );
}

export function QuestionView({ content }: { readonly content: string }) {
  return (
    <div className="ml-auto w-fit max-w-[85%] rounded-lg bg-selected px-3 py-2 text-[14px] leading-[22px] break-words whitespace-pre-wrap">
      {content}
    </div>
  );
}

export function ScrollToEnd({ onClick }: { readonly onClick: () => void }) {
  return (
    <Button size="small" className="shadow-float" onClick={onClick}>
      To the newest text
    </Button>
  );
}
