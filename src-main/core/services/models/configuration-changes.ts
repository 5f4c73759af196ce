import type { ConfigChange } from '../../../contract/dry-run.ts';
import type { FieldValue } from '../../../contract/models.ts';
import { changedFields, needsRestart } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { ModelSettings } from '../../store/models.ts';

/** What a launch is made of beside the fields. A new served name is routed at once, but answers carry the old one. */
const LAUNCHED: readonly (readonly [field: string, label: string, read: (model: ModelSettings) => FieldValue])[] = [
  ['served_model_name', 'Served name', (model) => model.servedModelName],
  ['runtime', 'Runtime', (model) => model.runtime],
  ['task', 'Task', (model) => model.task],
  ['local_path', 'Files', (model) => model.localPath],
  ['repo_id', 'Model on the hub', (model) => model.repoId],
  ['engine_build_id', 'Engine build', (model) => model.engineBuildId],
  ['engine_image', 'Image', (model) => model.engineImage],
  ['hf_token', 'Hugging Face token', (model) => (model.sealedHubToken === null ? null : '***')],
];

/** The difference between two configurations, what needs a restart first. Secrets are masked. */
export function changesBetween(before: ModelSettings, after: ModelSettings): ConfigChange[] {
  const launched = LAUNCHED.filter(([field, , read]) =>
    field === 'hf_token' ? before.sealedHubToken !== after.sealedHubToken : read(before) !== read(after),
  ).map(([field, label, read]) => ({
    field,
    label,
    before: read(before),
    after: read(after),
    needs_restart: true,
  }));
  const fields = changedFields(driverOf(after.engineType).table, before.fields, after.fields).map((row) => ({
    field: row.name,
    label: row.label,
    before: shown(before.fields[row.name]),
    after: shown(after.fields[row.name]),
    needs_restart: needsRestart(row),
  }));
  return [...pinChange(before, after), ...launched, ...fields].toSorted(
    (a, b) => Number(b.needs_restart) - Number(a.needs_restart),
  );
}

/** The digest that a run itself wrote down is no change. */
function pinChange(before: ModelSettings, after: ModelSettings): ConfigChange[] {
  if (before.engineDigest === null || before.engineDigest === after.engineDigest) return [];
  return [
    {
      field: 'engine_digest',
      label: 'Image digest',
      before: before.engineDigest,
      after: after.engineDigest,
      needs_restart: true,
    },
  ];
}

function shown(value: FieldValue | undefined): FieldValue {
  return value === undefined ? null : Array.isArray(value) ? [...value] : value;
}
