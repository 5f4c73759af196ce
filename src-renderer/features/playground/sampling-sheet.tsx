import { X } from 'lucide-react';
import { useId, useState } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import { Labelled, TextArea, TextInput } from '../../ui/field.tsx';
import { MODEL_SAMPLING, useConversation, type Sampling } from './conversation.ts';

type NumberName = Exclude<keyof Sampling, 'system'>;

interface Parameter {
  readonly name: NumberName;
  readonly label: string;
  readonly hint: string;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
}

/** Names as OpenAI's and llama.cpp's request bodies have them. */
const PARAMETERS: readonly Parameter[] = [
  { name: 'temperature', label: 'Temperature', hint: '0 repeats itself', min: 0, max: 5 },
  { name: 'top_p', label: 'Top p', hint: 'Likelihood drawn from', min: 0, max: 1 },
  { name: 'top_k', label: 'Top k', hint: 'Tokens drawn from', min: 0, max: 100_000, integer: true },
  { name: 'min_p', label: 'Min p', hint: 'Drops the unlikely', min: 0, max: 1 },
  { name: 'repeat_penalty', label: 'Repeat penalty', hint: '1 is none', min: 0, max: 5 },
  { name: 'max_tokens', label: 'Most tokens', hint: 'Where the answer is cut', min: 1, max: 1_000_000, integer: true },
  {
    name: 'seed',
    label: 'Seed',
    hint: 'Same seed, same draw',
    min: 0,
    max: 4_294_967_295,
    integer: true,
  },
];

/** The number that was typed, null for an empty field, undefined for what is no such number. */
export function parseParameter(parameter: Parameter, text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const value = Number(text);
  const fits = Number.isFinite(value) && value >= parameter.min && value <= parameter.max;
  return fits && (parameter.integer !== true || Number.isInteger(value)) ? value : undefined;
}

/** What the request carries beside its messages. */
export function SamplingSheet({ onClose }: { readonly onClose: () => void }) {
  const sampling = useConversation((conversation) => conversation.sampling);
  const [epoch, setEpoch] = useState(0);
  const set = (patch: Partial<Sampling>) => useConversation.setState({ sampling: { ...sampling, ...patch } });
  const changed = JSON.stringify(sampling) !== JSON.stringify(MODEL_SAMPLING);
  return (
    <aside aria-label="Parameters" className="flex w-[280px] shrink-0 flex-col border-l bg-canvas">
      <div className="flex h-11 items-center justify-between border-b px-4">
        <h2 className="font-semibold">Parameters</h2>
        <IconButton label="Close parameters" onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      </div>
      <div key={epoch} className="grid flex-1 content-start gap-3 overflow-y-auto px-4 py-3">
        <Labelled
          label="System prompt"
          hint="Sent before the conversation. Empty fields below stay as the model is set."
        >
          {(control) => (
            <TextArea
              {...control}
              rows={4}
              value={sampling.system}
              onChange={(event) => set({ system: event.target.value })}
            />
          )}
        </Labelled>
        {PARAMETERS.map((parameter) => (
          <NumberField
            key={parameter.name}
            parameter={parameter}
            value={sampling[parameter.name]}
            onChange={(value) => set({ [parameter.name]: value })}
          />
        ))}
      </div>
      <div className="border-t px-4 py-2">
        <Button
          tone="quiet"
          disabled={!changed}
          onClick={() => {
            useConversation.setState({ sampling: MODEL_SAMPLING });
            setEpoch(epoch + 1);
          }}
        >
          Reset all
        </Button>
      </div>
    </aside>
  );
}

interface NumberFieldProps {
  readonly parameter: Parameter;
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
}

function NumberField({ parameter, value, onChange }: NumberFieldProps) {
  const [text, setText] = useState(value === null ? '' : String(value));
  const id = useId();
  const { label, hint, min, max } = parameter;
  const invalid = parseParameter(parameter, text) === undefined;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_96px] items-start gap-3">
      <div>
        <label htmlFor={id} className="block text-xs font-medium">
          {label}
        </label>
        <p id={`${id}-note`} className={invalid ? 'text-xs text-failed-text' : 'text-xs text-dim'}>
          {invalid ? `A ${parameter.integer === true ? 'whole ' : ''}number from ${min} to ${max}.` : hint}
        </p>
      </div>
      <TextInput
        id={id}
        aria-describedby={`${id}-note`}
        aria-invalid={invalid || undefined}
        inputMode="decimal"
        placeholder="as set"
        className="text-right tabular-nums"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          const parsed = parseParameter(parameter, event.target.value);
          if (parsed !== undefined) onChange(parsed);
        }}
      />
    </div>
  );
}
