import { AlertDialog as BaseAlert } from '@base-ui/react/alert-dialog';
import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';

const BACKDROP =
  'fixed inset-0 z-40 bg-scrim transition-opacity duration-[120ms] data-ending-style:opacity-0 data-starting-style:opacity-0';
const POPUP =
  'floats fixed top-[12vh] left-1/2 z-40 flex max-h-[80vh] w-[min(480px,calc(100vw-32px))] -translate-x-1/2 flex-col rounded-lg bg-raised shadow-float outline-none';

interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  readonly wide?: boolean;
}

/** A question or a small form over the page. */
export function Dialog({ open, onOpenChange, title, description, children, footer, wide = false }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className={BACKDROP} />
        <Base.Popup className={classNames(POPUP, wide && 'w-[min(640px,calc(100vw-32px))]')}>
          <div className="px-5 pt-4 pb-3">
            <Base.Title className="text-lg font-semibold">{title}</Base.Title>
            {description === undefined ? null : (
              <Base.Description className="mt-1 text-dim" render={<div />}>
                {description}
              </Base.Description>
            )}
          </div>
          <div className="min-h-0 overflow-y-auto px-5 pb-4">{children}</div>
          {footer === undefined ? null : <div className="flex justify-end gap-2 border-t px-5 py-3">{footer}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** Names the thing: 'Delete "Qwen 3 8B"?' */
  readonly title: string;
  readonly description: ReactNode;
  /** The verb on the button: "Delete model". */
  readonly action: string;
  readonly busy?: boolean;
  readonly onConfirm: () => void;
}

/** Asks before something that cannot be taken back; the safe answer has the focus. */
export function ConfirmDialog({ open, onOpenChange, title, description, action, busy, onConfirm }: ConfirmProps) {
  return (
    <BaseAlert.Root open={open} onOpenChange={onOpenChange}>
      <BaseAlert.Portal>
        <BaseAlert.Backdrop className={BACKDROP} />
        <BaseAlert.Popup className={classNames(POPUP, 'w-[min(420px,calc(100vw-32px))]')}>
          <div className="px-5 pt-4 pb-4">
            <BaseAlert.Title className="text-lg font-semibold break-words">{title}</BaseAlert.Title>
            <BaseAlert.Description className="mt-1.5 text-dim" render={<div />}>
              {description}
            </BaseAlert.Description>
          </div>
          <div className="flex justify-end gap-2 border-t px-5 py-3">
            <BaseAlert.Close render={<Button>Cancel</Button>} />
            <Button tone="danger" busy={busy === true} onClick={onConfirm}>
              {action}
            </Button>
          </div>
        </BaseAlert.Popup>
      </BaseAlert.Portal>
    </BaseAlert.Root>
  );
}
