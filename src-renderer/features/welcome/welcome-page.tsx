import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { FlaskConical, Plus, RefreshCw } from 'lucide-react';
import type { CheckItem } from '#contract/system.ts';
import { api, client } from '../../api/client.ts';
import { useModels } from '../../api/live.ts';
import { useBuilds, useProgramInfo } from '../../api/queries.ts';
import { EngineInstall, useInstallJob } from '../../parts/engine-install.tsx';
import { toastFailure } from '../../parts/failure-toast.ts';
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

function useFinish() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => client.system.updateSettings({ onboarded: true }),
    onSuccess: (after) => queries.setQueryData(api.system.settings.queryKey(), after),
    onError: (error) => toastFailure('The setting was not saved', error),
  });
}

function NextSteps() {
  const navigate = useNavigate();
  const builds = useBuilds();
  const models = useModels();
  const info = useProgramInfo();
  const installing = useInstallJob();
  const selfTest = useSelfTest();
  const finish = useFinish();
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
              <Button
                busy={selfTest.isPending}
                onClick={() => {
                  finish.mutate();
                  selfTest.mutate({ folder, models: models ?? [] });
                }}
              >
                <FlaskConical aria-hidden />
                Try the self-test model
              </Button>
            )}
            <Link
              to="/models/new"
              className={buttonClass({ tone: needsEngine ? 'plain' : 'primary' })}
              onClick={() => finish.mutate()}
            >
              <Plus aria-hidden />
              Add model
            </Link>
          </div>
        </Card>
        <div>
          <Button
            tone="quiet"
            onClick={() => {
              finish.mutate();
              void navigate({ to: '/models' });
            }}
          >
            Skip to the models
          </Button>
        </div>
      </div>
    </Section>
  );
}
