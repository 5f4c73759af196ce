import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

interface PageProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly narrow?: boolean;
}

/** A screen: its title and actions on one line, then its content. */
export function Page({ title, note, actions, children, narrow = false }: PageProps) {
  return (
    <div className={classNames('mx-auto w-full px-6 pt-5 pb-10', narrow ? 'max-w-[960px]' : 'max-w-[1440px]')}>
      <div className="mb-4 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
        <h1 tabIndex={-1} className="min-w-0 text-lg font-semibold wrap-anywhere outline-none">
          {title}
        </h1>
        {note === undefined ? null : <div className="max-w-full min-w-0 text-dim">{note}</div>}
        <div className="ml-auto flex shrink-0 items-center gap-2">{actions}</div>
      </div>
      {children}
    </div>
  );
}

/** A bordered surface that a table or a form stands on. */
export function Card({ children, className }: { readonly children: ReactNode; readonly className?: string }) {
  return <div className={classNames('rounded-lg border bg-surface', className)}>{children}</div>;
}

interface SectionProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A titled part of a page. */
export function Section({ title, note, actions, children }: SectionProps) {
  return (
    <section aria-label={title} className="mb-7">
      <div className="mb-2 flex min-h-7 flex-wrap items-end gap-x-3 gap-y-1">
        <div className="min-w-0">
          <h2 className="font-semibold">{title}</h2>
          {note === undefined ? null : <p className="max-w-2xl text-dim">{note}</p>}
        </div>
        <div className="ml-auto flex items-center gap-2">{actions}</div>
      </div>
      {children}
    </section>
  );
}

/** A fact and its name, for lists of facts. */
export function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="flex min-h-8 items-baseline gap-4 px-4 py-1.5">
      <dt className="w-36 shrink-0 text-dim">{label}</dt>
      <dd className="min-w-0 flex-1 break-words">{children}</dd>
    </div>
  );
}

export function Kbd({ children }: { readonly children: ReactNode }) {
  return (
    <kbd className="inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-sm border bg-surface px-1 font-sans text-[11px] text-dim">
      {children}
    </kbd>
  );
}
