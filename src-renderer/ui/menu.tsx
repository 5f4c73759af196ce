import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import { classNames } from './class-names.ts';

export interface MenuAction {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onSelect: () => void;
}

interface MenuProps {
  readonly trigger: ReactElement;
  readonly actions: readonly MenuAction[];
}

export function Menu({ trigger, actions }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner className="z-50" sideOffset={4} align="end">
          <Base.Popup className="floats min-w-40 rounded-lg bg-raised p-1 shadow-float outline-none">
            {actions.map((action) => (
              <Base.Item
                key={action.label}
                disabled={action.disabled === true}
                onClick={action.onSelect}
                className={classNames(
                  'flex h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none select-none data-disabled:opacity-45 data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-dim',
                  action.danger === true && 'text-failed-text [&_svg]:text-failed-text',
                )}
              >
                {action.icon}
                {action.label}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
