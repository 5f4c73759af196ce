import type { Model, Task } from '#contract/models.ts';
import { Segments } from '../../ui/choice.tsx';
import { Labelled, TextInput } from '../../ui/field.tsx';
import { Card } from '../../ui/page.tsx';
import { SecretField } from '../../ui/secret-field.tsx';
import { EngineFields } from './engine-fields.tsx';
import type { FieldIssues } from './field-issues.ts';
import type { FieldValues } from './field-values.ts';
import { keptToken } from './identity.ts';

const TASKS = [
  { value: 'generate', label: 'Text generation' },
  { value: 'embed', label: 'Embeddings' },
] as const;

interface IdentityProps {
  readonly model: Model;
  readonly values: FieldValues;
  readonly onChange: (values: FieldValues) => void;
  readonly issues: FieldIssues;
}

const nullable = (text: string) => (text === '' ? null : text);

/** Its names, where it comes from, and where it runs. */
export function IdentityForm({ model, values, onChange, issues }: IdentityProps) {
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : '');
  const set = (change: FieldValues) => onChange({ ...values, ...change });
  const token = values['hf_token'];
  const line = (name: string, label: string, hint: string | undefined) => (
    <Labelled label={label} hint={hint} error={issues[name]}>
      {(control) => (
        <TextInput
          {...control}
          className={name === 'name' ? undefined : 'font-mono text-xs'}
          value={text(name)}
          onChange={(event) =>
            set({ [name]: name.endsWith('name') ? event.target.value : nullable(event.target.value) })
          }
        />
      )}
    </Labelled>
  );
  return (
    <Card className="grid grid-cols-1 gap-4 px-4 py-4">
      <div className="grid grid-cols-2 gap-4">
        {line('name', 'Name', undefined)}
        {line('served_model_name', 'Served name', 'What clients send as model.')}
      </div>
      {model.mode === 'online'
        ? line('repo_id', 'Model on Hugging Face', 'Owner, slash, name. The engine downloads it.')
        : line('local_path', 'Files', 'A folder with one model, or its file, inside the library.')}
      <fieldset>
        <legend className="mb-1 text-xs font-medium">Task</legend>
        <Segments<Task>
          label="Task"
          value={values['task'] === 'embed' ? 'embed' : 'generate'}
          options={TASKS}
          onChange={(task) => set({ task })}
        />
      </fieldset>
      <EngineFields
        choice={{
          engine: model.engine_type,
          runtime: values['runtime'] === 'container' ? 'container' : 'process',
          image: nullable(text('engine_image')),
          buildId: nullable(text('engine_build_id')),
        }}
        imageError={issues['engine_image'] ?? null}
        onChange={({ runtime, image, buildId }) =>
          set({
            ...(runtime === undefined ? {} : { runtime }),
            ...(image === undefined ? {} : { engine_image: image }),
            ...(buildId === undefined ? {} : { engine_build_id: buildId }),
          })
        }
      />
      {model.mode === 'online' || model.hf_token_set ? (
        <SecretField
          label="Hugging Face token"
          noun="token"
          kept={model.hf_token_set}
          change={typeof token === 'string' ? token : token === null && model.hf_token_set ? null : undefined}
          hint="For models behind a licence. Kept encrypted, given to the engine by its environment, and never shown again."
          error={issues['hf_token'] ?? null}
          onChange={(change) => set(change === undefined ? keptToken(model) : { hf_token: change })}
        />
      ) : null}
    </Card>
  );
}
