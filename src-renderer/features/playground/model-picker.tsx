import type { Model, ModelState } from '#contract/models.ts';
import { Select } from '../../ui/select.tsx';

const ORDER: readonly ModelState[] = ['running', 'loading', 'starting', 'stopping', 'stopped', 'failed'];

/** Models that can chat: running ones first, then those on their way, then the rest; by name within. */
export function chatModels(models: readonly Model[]): readonly Model[] {
  return models
    .filter((model) => model.task === 'generate' && !model.archived)
    .toSorted(
      (left, right) =>
        ORDER.indexOf(left.state) - ORDER.indexOf(right.state) || left.name.localeCompare(right.name, 'en'),
    );
}

interface PickerProps {
  readonly models: readonly Model[];
  readonly chosen: Model | null;
  readonly onChoose: (served: string) => void;
}

export function ModelPicker({ models, chosen, onChoose }: PickerProps) {
  return (
    <Select
      label="Model"
      className="w-72"
      value={chosen?.served_model_name ?? ''}
      options={models.map((model) => ({
        value: model.served_model_name,
        label: model.name,
        hint: model.state,
      }))}
      onChange={onChoose}
    />
  );
}
