import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FlaskConical, Plus, RefreshCw } from 'lucide-react';
import type { CheckItem } from '#contract/system.ts';
import { api } from '../../api/client.ts';
import { useModels } from '../../api/live.ts';
import { useBuilds, useProgramInfo } from '../../api/queries.ts';
import { EngineInstall, useInstallJob } from '../../parts/engine-install.tsx';
import { useEndOfFirstRun } from '../../parts/first-run.ts';
import { useSelfTest } from '../../parts/model-actions.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { When } from '../../ui/figure.tsx';
import { Card, Page, Section } from '../../ui/page.tsx';
import { Cure, Prose } from '../../ui/prose.tsx';
import { StateMark, type Tone } from '../../ui/state.tsx';

const STATUS: Record<CheckItem['status'], { readonly tone: Tone; readonly word: string }> = {
  ok: { tone: 'ready', word: 'OK' },
  info: { tone: 'stopped', word: 'Note' },
  warning: { tone: 'warning', word: 'Attention' },
  failed: { tone: 'failed', word: 'Missing' },
};

/** What this machine offers and lacks, each with its cure, and what to do next. */
export function WelcomePage() {
  useEndOfFirstRun(true);
  const check = useQuery(api.system.check.queryOptions({ staleTime: 0 }));
  return (
    <Page
      narrow
      title="First-run check"
      note={
        check.data === undefined ? undefined : (
          <>
            checked <When at={check.data.checked_at} />
          </>
        )
      }
      actions={
        <Button busy={check.isFetching} onClick={() => void check.refetch()}>
          <RefreshCw aria-hidden />
          Check again
        </Button>
      }
    >
      <Section title="This machine">
        <Card>
          <QueryView query={check} failure="The check could not be run">
            {({ items }) => (
              <ul aria-label="Checks" className="divide-y">
                {items.map((item) => (
                  <CheckRow key={item.id} item={item} />
                ))}
              </ul>
            )}
          </QueryView>
        </Card>
      </Section>
      <NextSteps />
    </Page>
  );
}

function CheckRow({ item }: { readonly item: CheckItem }) {
  const { tone, word } = STATUS[item.status];
  return (
    <li className="grid grid-cols-[104px_150px_minmax(0,1fr)] items-baseline gap-3 px-4 py-2">
      <StateMark tone={tone}>{word}</StateMark>
      <span className="font-medium">{item.label}</span>
      <div className="min-w-0">
        <p className={item.status === 'ok' ? 'text-dim' : ''}>
          <Prose text={item.detail} />
        </p>
        {item.cure === null ? null : (
          <div className="text-dim">
            <Cure text={item.cure} />
          </div>
        )}
      </div>
    </li>
  );
}

function NextSteps() {
  const builds = useBuilds();
  const models = useModels();
  const info = useProgramInfo();
  const installing = useInstallJob();
  const selfTest = useSelfTest();
  const folder = info.data?.self_test_model ?? null;
  const needsEngine = builds.data?.length === 0 || installing !== null;
  return (
    <Section title="Next">
      <div className="grid grid-cols-1 gap-3">
        {needsEngine ? <EngineInstall title="Install an engine first" /> : null}
        <Card className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
          <p className="min-w-0 flex-1 text-dim">
            {folder === null
              ? 'Add a GGUF file from a folder of this machine and start it.'
              : 'Try the chain without downloading anything: the self-test model always says one fixed sentence. Or add a model of your own.'}
          </p>
          <div className="flex gap-2">
            {folder === null ? null : (
              <Button busy={selfTest.isPending} onClick={() => selfTest.mutate({ folder, models: models ?? [] })}>
                <FlaskConical aria-hidden />
                Try the self-test model
              </Button>
            )}
            <Link to="/models/new" className={buttonClass({ tone: needsEngine ? 'plain' : 'primary' })}>
              <Plus aria-hidden />
              Add model
            </Link>
          </div>
        </Card>
        <div>
          <Link to="/models" className={buttonClass({ tone: 'quiet' })}>
            Skip to the models
          </Link>
        </div>
      </div>
    </Section>
  );
}
