import { Segments } from '../../ui/choice.tsx';
import { Labelled, TextInput } from '../../ui/field.tsx';
import type { Draft } from './add-model-draft.ts';

const MODES = [
  { value: 'offline', label: 'On this machine' },
  { value: 'online', label: 'On Hugging Face' },
] as const;

interface WeightsFieldProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}

const nullable = (text: string) => (text.trim() === '' ? null : text.trim());

/** Where the weights are, for a configuration that may name another place, or none. */
export function WeightsField({ draft, onChange }: WeightsFieldProps) {
  const online = draft.mode === 'online';
  const value = online ? draft.repoId : draft.localPath;
  return (
    <div className="grid grid-cols-1 gap-3 border-t px-4 py-3">
      {draft.engine === 'vllm' ? (
        <Segments
          label="Where the weights are"
          value={draft.mode}
          options={MODES}
          onChange={(mode) => onChange({ ...draft, mode })}
        />
      ) : null}
      <Labelled
        label={online ? 'Model on Hugging Face' : 'Files'}
        hint={online ? 'Owner, slash, name.' : 'A folder with one model, or its file, inside a library folder.'}
        error={value === null ? 'It does not say which model. Fill it in here.' : null}
      >
        {(control) => (
          <TextInput
            {...control}
            className="font-mono text-xs"
            value={value ?? ''}
            onChange={(event) => {
              const next = nullable(event.target.value);
              onChange(online ? { ...draft, repoId: next } : { ...draft, localPath: next });
            }}
          />
        )}
      </Labelled>
    </div>
  );
}
