import { Radio } from '@base-ui/react/radio';
import { RadioGroup } from '@base-ui/react/radio-group';
import { BookMarked, ClipboardPaste, CloudDownload, FolderOpen, type LucideIcon } from 'lucide-react';
import { useId } from 'react';

export const SOURCES = ['library', 'hub', 'paste', 'recipe'] as const;
export type SourceKind = (typeof SOURCES)[number];

const WORDS: Readonly<
  Record<SourceKind, { readonly icon: LucideIcon; readonly title: string; readonly note: string }>
> = {
  library: { icon: FolderOpen, title: 'This machine', note: 'A folder of the library' },
  hub: { icon: CloudDownload, title: 'Hugging Face', note: 'vLLM downloads it' },
  paste: { icon: ClipboardPaste, title: 'Paste a command', note: 'docker run, vllm, llama-server' },
  recipe: { icon: BookMarked, title: 'A recipe', note: 'A configuration you kept' },
};

interface SourceStepProps {
  readonly kind: SourceKind;
  readonly onChange: (kind: SourceKind) => void;
}

/** The first question: where the model comes from. */
export function SourceKinds({ kind, onChange }: SourceStepProps) {
  return (
    <RadioGroup
      aria-label="Where the model comes from"
      value={kind}
      onValueChange={(next) => {
        const known = SOURCES.find((source) => source === next);
        if (known !== undefined) onChange(known);
      }}
      className="@container px-4 pt-3 pb-1"
    >
      <div className="grid grid-cols-4 gap-2 @max-[560px]:grid-cols-2">
        {SOURCES.map((source) => (
          <SourceCard key={source} source={source} />
        ))}
      </div>
    </RadioGroup>
  );
}

function SourceCard({ source }: { readonly source: SourceKind }) {
  const id = useId();
  const { icon: Icon, title, note } = WORDS[source];
  return (
    <Radio.Root
      value={source}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-note`}
      className="flex min-h-14 cursor-pointer items-start gap-2.5 rounded-md border border-field-line px-3 py-2 text-left transition-colors hover:bg-hover data-checked:border-accent data-checked:bg-selected"
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-dim" strokeWidth={1.75} />
      <span className="min-w-0">
        <span id={`${id}-title`} className="block font-medium">
          {title}
        </span>
        <span id={`${id}-note`} className="block text-xs text-dim">
          {note}
        </span>
      </span>
    </Radio.Root>
  );
}
