import { useMutation } from '@tanstack/react-query';
import { FlaskConical, Play } from 'lucide-react';
import type { ModelTest } from '#contract/dry-run.ts';
import type { Model } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { useStartModel } from '../../parts/model-actions.ts';
import { isComing } from '../../parts/model-state.tsx';
import { Button } from '../../ui/button.tsx';
import { Code } from '../../ui/copy.tsx';
import { Figure, When } from '../../ui/figure.tsx';
import { duration } from '../../ui/format.ts';
import { Card, Section } from '../../ui/page.tsx';
import { ErrorPanel, StateMark } from '../../ui/state.tsx';

/** One real request to the running engine, with all that went to and fro. */
export function ModelTestTab({ model }: { readonly model: Model }) {
  const test = useMutation({ mutationFn: () => client.models.test({ id: model.id }) });
  const start = useStartModel();
  const running = model.state === 'running';
  const what = model.task === 'embed' ? 'One short text is embedded' : 'One short chat is sent';
  return (
    <div className="grid max-w-[960px] grid-cols-1 gap-4">
      <Card className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
        <p className="min-w-0 flex-1 text-dim">
          {running
            ? `${what} to the engine itself, past the gateway. Nothing is counted in Usage.`
            : 'A test needs the model to run.'}
        </p>
        {running ? (
          <Button tone="primary" busy={test.isPending} onClick={() => test.mutate()}>
            {test.isPending ? null : <FlaskConical aria-hidden />}
            {test.data === undefined ? 'Run test' : 'Run again'}
          </Button>
        ) : (
          <Button disabled={isComing(model) || model.state === 'stopping'} onClick={() => start.mutate(model)}>
            <Play aria-hidden className="!size-3 fill-current" />
            {isComing(model) ? 'Starting' : 'Start the model'}
          </Button>
        )}
      </Card>
      {test.error === null ? null : (
        <ErrorPanel
          what="The test could not be made"
          problem={describeError(test.error)}
          onRetry={() => test.mutate()}
        />
      )}
      {test.data === undefined ? null : <Outcome outcome={test.data} />}
    </div>
  );
}

const pretty = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

function Outcome({ outcome }: { readonly outcome: ModelTest }) {
  return (
    <div className="grid grid-cols-1 gap-4">
      <output className="flex flex-wrap items-center gap-x-5 gap-y-1">
        <StateMark tone={outcome.success ? 'ready' : 'failed'}>
          {outcome.success ? 'It answered' : 'It did not answer as it should'}
        </StateMark>
        <Figure {...duration(outcome.latency_ms)} />
        <span className="text-dim">{outcome.test_type === 'chat' ? 'Chat' : 'Embedding'}</span>
        <When at={outcome.timestamp} />
      </output>
      {outcome.error === null ? null : (
        <ErrorPanel what="What the engine said" problem={{ title: outcome.error, action: null, requestId: null }} />
      )}
      <div className="grid items-start gap-4 min-[1000px]:grid-cols-2 [&>section]:mb-0">
        <Section title="Request">
          <Code text={pretty(outcome.request)} what="request" />
        </Section>
        <Section title="Answer">
          {outcome.response === null || outcome.response === undefined ? (
            <p className="text-dim">None came.</p>
          ) : (
            <Code text={pretty(outcome.response)} what="answer" />
          )}
        </Section>
      </div>
    </div>
  );
}
