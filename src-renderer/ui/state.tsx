import { TriangleAlert, X, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { Prose } from './prose.tsx';

export type Tone = 'ready' | 'working' | 'warning' | 'failed' | 'stopped';

const DOT: Record<Tone, string> = {
  ready: 'bg-ready',
  working: 'bg-working pulses',
  warning: 'bg-warning',
  failed: 'bg-failed',
  stopped: 'bg-transparent shadow-[inset_0_0_0_1.5px_var(--stopped)]',
};
const TEXT: Record<Tone, string> = {
  ready: 'text-ready-text',
  working: 'text-working-text',
  warning: 'text-warning-text',
  failed: 'text-failed-text',
  stopped: 'text-dim',
};

/** The dot of a state, for where its word stands beside it or is read out another way. */
export function StateDot({ tone }: { readonly tone: Tone }) {
  return <span aria-hidden className={classNames('size-2 shrink-0 rounded-full', DOT[tone])} />;
}

/** A state as a dot and its word: never by colour alone. */
export function StateMark({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={classNames('inline-flex items-center gap-1.5 whitespace-nowrap', TEXT[tone])}>
      <StateDot tone={tone} />
      {children}
    </span>
  );
}

/** A quiet word in a box: a backend, a source, a scope. */
export function Badge({ children, tone }: { readonly children: ReactNode; readonly tone?: Tone }) {
  return (
    <span
      className={classNames(
        'inline-flex h-5 items-center rounded-sm border px-1.5 text-xs whitespace-nowrap',
        tone === undefined ? 'text-dim' : TEXT[tone],
      )}
    >
      {children}
    </span>
  );
}

const NOTICE_LINE: Record<Tone, string> = {
  ready: 'before:bg-ready',
  working: 'before:bg-working',
  warning: 'before:bg-warning',
  failed: 'before:bg-failed',
  stopped: 'before:bg-stopped',
};

interface NoticeProps {
  readonly tone: Tone;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly role?: 'alert' | 'status';
}

/** Something worth a sentence, within a page. */
export function Notice({ tone, title, children, action, role }: NoticeProps) {
  return (
    <div
      role={role}
      className={classNames(
        'flex flex-wrap items-start justify-between gap-x-4 gap-y-2 rounded-md border bg-surface py-2 pr-3 pl-3.5',
        'relative overflow-hidden before:absolute before:inset-y-0 before:left-0 before:w-[3px]',
        NOTICE_LINE[tone],
      )}
    >
      <div className="min-w-0 flex-1">
        <div className="font-medium break-words">{title}</div>
        {children === undefined ? null : <div className="mt-0.5 break-words text-dim">{children}</div>}
      </div>
      {action}
    </div>
  );
}

interface EmptyProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** Says what a screen will show, and offers the one next step. */
export function Empty({ icon: Icon, title, children, actions }: EmptyProps) {
  return (
    <div className="flex flex-col items-center px-6 py-14 text-center">
      <span className="mb-3 flex size-10 items-center justify-center rounded-lg border bg-surface text-dim">
        <Icon aria-hidden className="size-5" strokeWidth={1.6} />
      </span>
      <h2 className="text-lg font-semibold">{title}</h2>
      <div className="mt-1 max-w-md text-balance text-dim">{children}</div>
      {actions === undefined ? null : <div className="mt-4 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}

export interface Problem {
  readonly title: string;
  readonly action: string | null;
  readonly requestId: string | null;
}

interface ErrorPanelProps {
  /** What failed: "The keys could not be loaded". */
  readonly what: string;
  readonly problem: Problem;
  readonly onRetry?: () => void;
  readonly onClose?: () => void;
}

/** What, why, and one button. */
export function ErrorPanel({ what, problem, onRetry, onClose }: ErrorPanelProps) {
  return (
    <div role="alert" className="flex items-start gap-3 rounded-lg border bg-surface px-4 py-3">
      <TriangleAlert aria-hidden className="mt-px size-4 shrink-0 text-failed-text" />
      <div className="min-w-0 flex-1">
        <div className="font-medium">{what}</div>
        <div className="mt-0.5 break-words">
          <Prose text={problem.title} />
        </div>
        {problem.action === null ? null : (
          <div className="mt-0.5 break-words text-dim">
            <Prose text={problem.action} />
          </div>
        )}
        {problem.requestId === null ? null : (
          <div className="mt-1 font-mono text-xs text-dim">request {problem.requestId}</div>
        )}
      </div>
      {onRetry === undefined ? null : (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      )}
      {onClose === undefined ? null : (
        <IconButton label="Close" onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      )}
    </div>
  );
}

/** The layout in grey while the first answer is on its way. */
export function SkeletonRows({ rows = 4 }: { readonly rows?: number }) {
  return (
    <output aria-label="Loading" className="block divide-y">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-11 items-center gap-6 px-4">
          <div className="skeleton h-3 w-20" />
          <div className="skeleton h-3 flex-1" style={{ maxWidth: `${260 - row * 30}px` }} />
          <div className="skeleton ml-auto h-3 w-24" />
        </div>
      ))}
    </output>
  );
}
