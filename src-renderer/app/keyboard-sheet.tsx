import { isMac } from '../api/host.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Kbd } from '../ui/page.tsx';
import { NAVIGATION } from './navigation.ts';

const MODIFIER = isMac ? '⌘' : 'Ctrl';

const SHORTCUTS: readonly (readonly [string, readonly (readonly [readonly string[], string])[]])[] = [
  [
    'Anywhere',
    [
      [[MODIFIER, 'K'], 'Command palette'],
      [['?'], 'This sheet'],
      [['n'], 'Add model'],
      [['['], 'Collapse or expand the navigation'],
    ],
  ],
  ['Go to', NAVIGATION.flat().map((destination) => [['g', destination.key], destination.label] as const)],
  [
    'Models and other tables',
    [
      [['↑', '↓'], 'From row to row'],
      [['Home', 'End'], 'First and last row'],
    ],
  ],
  [
    'Log',
    [
      [['Enter'], 'Next match'],
      [['Shift', 'Enter'], 'Previous match'],
    ],
  ],
  [
    'Playground',
    [
      [['Enter'], 'Send'],
      [['Shift', 'Enter'], 'New line'],
      [['Esc'], 'Stop generating'],
    ],
  ],
];

interface SheetProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

export function KeyboardSheet({ open, onOpenChange }: SheetProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <div className="grid grid-cols-1 gap-4">
        {SHORTCUTS.map(([group, rows]) => (
          <section key={group} aria-label={group}>
            <h3 className="mb-1 text-xs font-medium text-dim">{group}</h3>
            <dl>
              {rows.map(([keys, meaning]) => (
                <div key={meaning} className="flex h-7 items-center justify-between">
                  <dt>{meaning}</dt>
                  <dd className="flex gap-1">
                    {keys.map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
