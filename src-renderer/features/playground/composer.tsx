import { ArrowUp, Square } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { Button } from '../../ui/button.tsx';
import { useFirstFocus } from '../../ui/focus.ts';
import { useConversation } from './conversation.ts';

interface ComposerProps {
  /** Why nothing can be sent now; null when it can. */
  readonly blocked: string | null;
  readonly onSend: (text: string) => void;
}

/** Where a question is written; it grows with its text. */
export function Composer({ blocked, onSend }: ComposerProps) {
  const draft = useConversation((conversation) => conversation.draft);
  const stop = useConversation((conversation) => conversation.stop);
  const field = useFirstFocus<HTMLTextAreaElement>();
  const canSend = blocked === null && stop === null && draft.trim() !== '';
  const submit = () => {
    if (canSend) onSend(draft.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      submit();
    } else if (event.key === 'Escape') stop?.();
  };
  return (
    <div className="rounded-lg border border-field-line bg-surface p-2 focus-within:border-accent">
      <textarea
        ref={field}
        rows={1}
        aria-label="Message"
        aria-describedby="composer-note"
        placeholder="Ask something"
        className="block field-sizing-content max-h-60 w-full resize-none bg-transparent px-1.5 py-1 text-[14px] leading-[22px] outline-none"
        value={draft}
        onChange={(event) => useConversation.setState({ draft: event.target.value })}
        onKeyDown={onKeyDown}
      />
      <div className="mt-1 flex items-center justify-between gap-3">
        <span id="composer-note" className="px-1.5 text-xs text-dim">
          {blocked ?? 'Enter sends, Shift+Enter begins a new line'}
        </span>
        {stop === null ? (
          <Button tone="primary" size="small" disabled={!canSend} onClick={submit}>
            <ArrowUp aria-hidden />
            Send
          </Button>
        ) : (
          <Button size="small" onClick={stop}>
            <Square aria-hidden className="!size-3 fill-current" />
            Stop generating
          </Button>
        )}
      </div>
    </div>
  );
}
