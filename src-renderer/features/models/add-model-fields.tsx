import type { Runtime } from '#contract/models.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Labelled, TextInput } from '../../ui/field.tsx';
import { freeServedName, servedNameFrom, type Draft } from './add-model-draft.ts';
import type { FieldIssues } from './field-issues.ts';
import { FieldForm } from './field-form.tsx';
import type { FieldValues } from './field-values.ts';
import { fieldsFor } from './identity.ts';

export interface Names {
  readonly name: string;
  readonly served: string;
  /** The served name follows the name until it is edited by hand. */
  readonly servedEdited: boolean;
}

interface NameFieldsProps {
  readonly names: Names;
  readonly onChange: (names: Names) => void;
  readonly taken: ReadonlySet<string>;
  readonly issues: FieldIssues;
}

const SERVED_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/;

/** What is wrong with a served name before the program is asked, or null. */
export function servedNameProblem(served: string, taken: ReadonlySet<string>): string | null {
  if (served === '') return 'A served name is needed.';
  if (!SERVED_NAME.test(served)) return 'Letters, digits and . _ : / @ + - only, beginning with a letter or digit.';
  return taken.has(served) ? 'Another model is already served under this name.' : null;
}

export function NameFields({ names, onChange, taken, issues }: NameFieldsProps) {
  return (
    <div className="grid grid-cols-2 gap-4 px-4 py-3">
      <Labelled label="Name" error={names.name.trim() === '' ? 'A name is needed.' : issues['name']}>
        {(control) => (
          <TextInput
            {...control}
            value={names.name}
            onChange={(event) => {
              const name = event.target.value;
              const served = names.servedEdited ? names.served : freeServedName(servedNameFrom(name), taken);
              onChange({ ...names, name, served });
            }}
          />
        )}
      </Labelled>
      <Labelled
        label="Served name"
        hint="What clients send as model."
        error={servedNameProblem(names.served, taken) ?? issues['served_model_name']}
      >
        {(control) => (
          <TextInput
            {...control}
            className="font-mono text-xs"
            value={names.served}
            onChange={(event) => onChange({ ...names, served: event.target.value.trim(), servedEdited: true })}
          />
        )}
      </Labelled>
    </div>
  );
}

interface SettingsFieldsProps {
  readonly draft: Draft;
  readonly runtime: Runtime;
  readonly onChange: (values: FieldValues) => void;
  readonly issues: FieldIssues;
  /** Tokens the model was trained on; null where its file does not say. */
  readonly trained: number | null;
}

export function SettingsFields({ draft, runtime, onChange, issues, trained }: SettingsFieldsProps) {
  const specs = useEngineSpecs();
  return (
    <QueryView query={specs} failure="The settings of the engine could not be loaded">
      {(all) => (
        <FieldForm
          specs={fieldsFor(all.find((spec) => spec.engine_type === draft.engine)?.fields ?? [], runtime, draft.values)}
          values={draft.values}
          onChange={onChange}
          issues={issues}
          trained={trained}
          flagSource={{ engine: draft.engine, runtime, image: draft.image }}
        />
      )}
    </QueryView>
  );
}
