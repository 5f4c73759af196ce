import { useEffect, useState } from 'react';
import { classNames } from './class-names.ts';
import { exactTime, relativeTime, type Quantity } from './format.ts';

/** A number with its unit after a thin space, dimmed, in figures of equal width. */
export function Figure({ value, unit, className }: Quantity & { readonly className?: string }) {
  return (
    <span className={classNames('whitespace-nowrap tabular-nums', className)}>
      {value}
      {unit === '' ? null : <span className="text-dim"> {unit}</span>}
    </span>
  );
}

/** The present as epoch seconds, again every `everyMs`. */
export function useNow(everyMs = 10_000): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** "4 min ago", with the exact time on hover. `at` in epoch seconds. */
export function When({ at, never = 'never' }: { readonly at: number | null; readonly never?: string }) {
  const now = useNow();
  if (at === null) return <span className="text-dim">{never}</span>;
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={exactTime(at)} className="whitespace-nowrap tabular-nums">
      {relativeTime(at, now)}
    </time>
  );
}
