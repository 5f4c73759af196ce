import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { ParsedConfiguration } from '#contract/dry-run.ts';
import { client } from '../../api/client.ts';
import { describeError, issueOf } from '../../api/errors.ts';
import { Button } from '../../ui/button.tsx';
import { Labelled, TextArea } from '../../ui/field.tsx';
import { ErrorPanel, Notice } from '../../ui/state.tsx';

interface PasteStepProps {
  /** Null once the text is another one. */
  readonly onParsed: (parsed: ParsedConfiguration | null) => void;
}

const EXAMPLE = 'vllm serve Qwen/Qwen3-8B --max-model-len 32768 --tensor-parallel-size 2';

const SOURCES: Readonly<Record<ParsedConfiguration['source'], string>> = {
  'docker-run': 'a docker run line',
  vllm: 'a vLLM command',
  'llama-server': 'a llama-server command',
  cortex: 'a Cortex configuration',
};

/** A command that runs elsewhere already, or an exported configuration, read into the form. Nothing of it is run. */
export function PasteStep({ onParsed }: PasteStepProps) {
  const [text, setText] = useState('');
  const read = useMutation({
    mutationFn: (pasted: string) => client.exchange.parse({ text: pasted }),
    onSuccess: onParsed,
  });
  const problem = read.error === null ? null : describeError(read.error);
  const atField = issueOf(problem, 'text');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    read.mutate(text);
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-3 px-4 py-3">
      <Labelled
        label="Command or configuration"
        hint="docker run, vllm serve, llama-server, or Cortex YAML. It is only read, never run."
        error={atField}
      >
        {(control) => (
          <TextArea
            {...control}
            rows={6}
            spellCheck={false}
            className="font-mono text-xs leading-[18px]"
            placeholder={EXAMPLE}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              if (read.data !== undefined) onParsed(null);
              read.reset();
            }}
          />
        )}
      </Labelled>
      {problem === null || atField !== null ? null : <ErrorPanel what="It could not be read" problem={problem} />}
      {read.data === undefined ? null : <Outcome parsed={read.data} />}
      <div className="flex justify-end">
        <Button
          type="submit"
          tone={read.data === undefined ? 'primary' : 'plain'}
          busy={read.isPending}
          disabled={text.trim() === ''}
        >
          {read.data === undefined ? 'Read it' : 'Read it again'}
        </Button>
      </div>
    </form>
  );
}

function Outcome({ parsed }: { readonly parsed: ParsedConfiguration }) {
  const { conversions, dropped } = parsed;
  return (
    <output className="grid grid-cols-1 gap-2">
      <Notice tone="ready" title={`Read as ${SOURCES[parsed.source]}`}>
        {dropped.length === 0 ? 'Every word has its place below.' : 'What is below comes from it.'}
      </Notice>
      {parsed.draft['hf_token'] === undefined ? null : (
        <Notice tone="working" title="A Hugging Face token was taken from it">
          It is kept encrypted with the model and never shown.
        </Notice>
      )}
      {conversions.length === 0 ? null : (
        <Notice tone="working" title="Said in other words">
          <ul className="list-disc pl-4">
            {conversions.map(({ field, message }) => (
              <li key={`${field} ${message}`}>
                <code className="font-mono text-xs text-ink">{field}</code> {message}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {dropped.length === 0 ? null : (
        <Notice tone="warning" title="Left out">
          <ul className="list-disc pl-4">
            {dropped.map(({ text, reason }) => (
              <li key={`${text} ${reason}`}>
                <code className="font-mono text-xs break-all text-ink">{text}</code>: {reason}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </output>
  );
}
