import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { describeError } from '../api/errors.ts';
import { ErrorPanel, SkeletonRows } from '../ui/state.tsx';

interface QueryViewProps<Data> {
  readonly query: UseQueryResult<Data>;
  /** What could not be loaded: "The keys could not be loaded". */
  readonly failure: string;
  readonly loading?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** Loading, error and data of one query; old data stays in sight under an error. */
export function QueryView<Data>({ query, failure, loading, children }: QueryViewProps<Data>) {
  return (
    <>
      {query.error === null ? null : (
        <div className="p-3">
          <ErrorPanel what={failure} problem={describeError(query.error)} onRetry={() => void query.refetch()} />
        </div>
      )}
      {query.data === undefined ? (query.error === null ? (loading ?? <SkeletonRows />) : null) : children(query.data)}
    </>
  );
}
