import { toast } from 'sonner';
import { describeError, isAbort } from '../api/errors.ts';
import { copyText } from '../ui/copy.tsx';

/** Tells of something that failed and leaves nothing on the page to say it at. The request's id is only to be copied. */
export function toastFailure(what: string, error: unknown): void {
  if (isAbort(error)) return;
  const { title, action, code, requestId } = describeError(error);
  const description = [title, action].filter((part) => part !== null).join(' ');
  const details = [what, description, `${code ?? 'error'}, request ${requestId ?? 'unknown'}`].join('\n');
  toast.error(what, {
    description,
    duration: 8_000,
    ...(requestId === null ? {} : { action: { label: 'Copy details', onClick: () => void copyText(details) } }),
  });
}
