import { Link, useMatchRoute } from '@tanstack/react-router';
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import { useConnection } from '../api/connection.ts';
import { useProgramInfo } from '../api/queries.ts';
import { IconButton } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { StateMark } from '../ui/state.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { connectionWords } from './connection-words.ts';
import { NAVIGATION, type Destination } from './navigation.ts';

interface RailProps {
  readonly collapsed: boolean;
  readonly onToggle: () => void;
}

export function Rail({ collapsed, onToggle }: RailProps) {
  return (
    <nav
      aria-label="Main"
      className={classNames(
        'flex h-full shrink-0 flex-col border-r bg-canvas px-2 py-2 transition-[width]',
        collapsed ? 'w-[52px]' : 'w-[208px]',
      )}
    >
      <div className={classNames('mb-3 flex h-8 items-center gap-2', collapsed ? 'justify-center' : 'px-2')}>
        <img src="./mark.svg" alt="" className="size-5" />
        {collapsed ? null : <span className="font-semibold">Cortex</span>}
      </div>
      <div className="flex flex-1 flex-col gap-3">
        {NAVIGATION.map((group) => (
          <ul key={group[0]?.to} className="grid grid-cols-1 gap-0.5">
            {group.map((destination) => (
              <li key={destination.to}>
                <RailLink destination={destination} collapsed={collapsed} />
              </li>
            ))}
          </ul>
        ))}
      </div>
      <RailFoot collapsed={collapsed} />
      <div className={classNames('flex', collapsed ? 'justify-center' : 'justify-end')}>
        <IconButton label={collapsed ? 'Expand the navigation' : 'Collapse the navigation'} onClick={onToggle}>
          {collapsed ? <PanelLeftOpen aria-hidden /> : <PanelLeftClose aria-hidden />}
        </IconButton>
      </div>
    </nav>
  );
}

function RailLink({ destination, collapsed }: { readonly destination: Destination; readonly collapsed: boolean }) {
  const { to, label, icon: Icon, also } = destination;
  const isAlso = useMatchRoute()({ to: also ?? to, fuzzy: true }) !== false;
  const link = (
    <Link
      to={to}
      aria-label={collapsed ? label : undefined}
      className={classNames(
        'flex h-8 items-center gap-2.5 rounded-md text-dim transition-colors hover:bg-hover hover:text-ink',
        collapsed ? 'justify-center' : 'px-2',
        isAlso && 'bg-selected font-medium text-ink',
      )}
      activeProps={{ className: 'bg-selected text-ink font-medium', 'aria-current': 'page' }}
    >
      <Icon aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />
      {collapsed ? null : label}
    </Link>
  );
  if (!collapsed) return link;
  return (
    <Tooltip text={label} side="right">
      {link}
    </Tooltip>
  );
}

function RailFoot({ collapsed }: { readonly collapsed: boolean }) {
  const state = useConnection((connection) => connection.state);
  const info = useProgramInfo();
  if (collapsed) return null;
  const { tone, words } = connectionWords(state);
  return (
    <div className="px-2 pb-1 text-xs">
      <StateMark tone={tone}>{words}</StateMark>
      <div className="mt-0.5 text-dim tabular-nums">
        {info.data === undefined ? ' ' : `Version ${info.data.version}`}
      </div>
    </div>
  );
}
