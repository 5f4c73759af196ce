import { toast } from 'sonner';
import { describeError, isAbort } from '../api/errors.ts';

/** Tells of something that failed and leaves nothing on the page to say it at. */
export function toastFailure(what: string, error: unknown): void {
  if (isAbort(error)) return;
  const { title, action, requestId } = describeError(error);
  const description = [title, action, requestId === null ? null : `Request ${requestId}.`];
  toast.error(what, { description: description.filter((part) => part !== null).join(' '), duration: 8_000 });
}
