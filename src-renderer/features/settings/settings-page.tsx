import { Link } from '@tanstack/react-router';
import { Stethoscope } from 'lucide-react';
import type { Settings } from '#contract/system.ts';
import { desktopHost } from '../../api/host.ts';
import { useProgramInfo, useSettings } from '../../api/queries.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { useChooseTheme, useUpdateSettings } from '../../parts/settings.ts';
import { useTheme } from '../../parts/theme.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { When } from '../../ui/figure.tsx';
import { Card, Fact, Page, Section } from '../../ui/page.tsx';
import { AddressForm } from './address-form.tsx';
import { BuildsSection } from './builds-section.tsx';
import { DockerSection } from './docker-section.tsx';
import { FoldersSection } from './folders-section.tsx';
import { ImagesSection } from './images-section.tsx';

export function SettingsPage() {
  const settings = useSettings();
  return (
    <Page
      narrow
      title="Settings"
      actions={
        <Link to="/welcome" className={buttonClass()}>
          <Stethoscope aria-hidden />
          First-run check
        </Link>
      }
    >
      <BuildsSection />
      <DockerSection />
      <ImagesSection />
      <FoldersSection />
      <Section title="Address and port" note="Where OpenAI clients and browsers reach this program.">
        <Card>
          <QueryView query={settings} failure="The settings could not be loaded">
            {(data) => <AddressForm settings={data} />}
          </QueryView>
        </Card>
      </Section>
      <Section title="Appearance and behaviour">
        <Card>
          <QueryView query={settings} failure="The settings could not be loaded">
            {(data) => <Behaviour settings={data} />}
          </QueryView>
        </Card>
      </Section>
      <ProgramSection />
    </Page>
  );
}

const THEMES = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

const ON_QUIT = [
  { value: 'ask', label: 'Ask' },
  { value: 'stop', label: 'Stop all' },
  { value: 'leave', label: 'Leave containers' },
] as const;

const ON_QUIT_NOTES: Readonly<Record<Settings['on_quit'], string>> = {
  ask: 'Asked each time while models run.',
  stop: 'Every model is stopped.',
  leave: 'Models in containers run on and are found again at the next start. Plain processes always end.',
};

function Behaviour({ settings }: { readonly settings: Settings }) {
  const theme = useTheme((state) => state.theme);
  const chooseTheme = useChooseTheme();
  const update = useUpdateSettings();
  return (
    <dl className="divide-y">
      <Fact label="Theme">
        <Segments label="Theme" value={theme} options={THEMES} onChange={chooseTheme} />
      </Fact>
      <Fact label="Models when quitting">
        <Segments
          label="Models when quitting"
          value={settings.on_quit}
          options={
            desktopHost() === null
              ? ON_QUIT.filter(({ value }) => value !== 'ask' || settings.on_quit === 'ask')
              : ON_QUIT
          }
          onChange={(next) => update.mutate({ on_quit: next })}
        />
        <p className="mt-1 text-xs text-dim">
          {settings.on_quit === 'ask' && desktopHost() === null
            ? 'Asked in the desktop window; without one, every model is stopped.'
            : ON_QUIT_NOTES[settings.on_quit]}
        </p>
      </Fact>
    </dl>
  );
}

/** In a browser a link; the desktop's window opens no plain http address, so there it is one to copy. */
function ApiReference({ url }: { readonly url: string }) {
  const address = `${url}/docs`;
  if (desktopHost() === null)
    return (
      <a className="text-accent-text hover:underline" href="/docs" target="_blank" rel="noreferrer">
        Admin API reference
      </a>
    );
  return (
    <span className="flex items-center gap-1">
      <code className="font-mono text-xs">{address}</code>
      <CopyButton text={address} what="address of the API reference" />
    </span>
  );
}

function ProgramSection() {
  const info = useProgramInfo();
  return (
    <Section title="This program">
      <Card>
        <QueryView query={info} failure="The program's facts could not be loaded">
          {(data) => (
            <dl className="divide-y">
              <Fact label="Version">
                {data.version} <span className="text-dim">on {data.platform}</span>
              </Fact>
              <Fact label="Data directory">
                <span className="flex items-center gap-1">
                  <code className="font-mono text-xs break-all">{data.data_dir}</code>
                  <CopyButton text={data.data_dir} what="data directory" />
                </span>
              </Fact>
              <Fact label="Running since">
                <When at={data.started_at} />
              </Fact>
              <Fact label="API">
                <ApiReference url={data.endpoint.url} />
              </Fact>
            </dl>
          )}
        </QueryView>
      </Card>
    </Section>
  );
}
