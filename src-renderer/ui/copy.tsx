import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { ScrollRegion } from './scroll-region.tsx';

/** Puts text on the clipboard; false where the browser refuses. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** For pages over plain http on a network address, where the clipboard interface does not exist. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  // oxlint-disable-next-line typescript/no-deprecated -- the only way left without a secure context
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}

export function useCopy(text: string): { readonly copied: boolean; readonly copy: () => void } {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    const done = await copyText(text);
    setCopied(done);
    if (!done) toast.error('The browser did not allow copying. Select the text and copy it by hand.');
  };
  return { copied, copy: () => void copy() };
}

/** `what` completes "Copy ...": "Copy command". */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const { copied, copy } = useCopy(text);
  return (
    <IconButton label={copied ? 'Copied' : `Copy ${what}`} onClick={copy}>
      {copied ? <Check aria-hidden className="text-ready-text" /> : <Copy aria-hidden />}
    </IconButton>
  );
}

interface CodeProps {
  readonly text: string;
  /** Completes "Copy ..." and names the block. */
  readonly what: string;
  readonly wrap?: boolean;
  readonly className?: string;
}

/** A command or snippet with its copy button. */
export function Code({ text, what, wrap = true, className }: CodeProps) {
  return (
    <div className={classNames('group relative rounded-md border bg-sunken', className)}>
      <ScrollRegion
        label={what}
        className={classNames(
          'max-h-80 overflow-auto py-2 pr-10 pl-3 font-mono text-xs leading-[18px]',
          wrap ? 'break-words whitespace-pre-wrap' : 'whitespace-pre',
        )}
      >
        {text}
      </ScrollRegion>
      <div className="absolute top-1 right-1">
        <CopyButton text={text} what={what} />
      </div>
    </div>
  );
}
