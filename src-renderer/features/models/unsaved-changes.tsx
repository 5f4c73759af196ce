import { useBlocker } from '@tanstack/react-router';
import { desktopHost } from '../../api/host.ts';
import { ConfirmDialog } from '../../ui/dialog.tsx';

interface UnsavedProps {
  readonly unsaved: boolean;
  /** True once there is nothing left to save to. */
  readonly isGone: () => boolean;
}

/** Asks before a screen with unsaved changes is left; its own tabs are no leaving. */
export function UnsavedChanges({ unsaved, isGone }: UnsavedProps) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && !isGone(),
    disabled: !unsaved,
    // The desktop's window would then not close, and not say why.
    enableBeforeUnload: desktopHost() === null,
    withResolver: true,
  });
  return (
    <ConfirmDialog
      open={blocker.status === 'blocked'}
      onOpenChange={(open) => {
        if (!open) blocker.reset?.();
      }}
      title="Leave without saving?"
      description="The changes to the configuration are not saved yet."
      action="Discard changes"
      onConfirm={() => blocker.proceed?.()}
    />
  );
}
