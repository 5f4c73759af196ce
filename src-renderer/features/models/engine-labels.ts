import { useMemo } from 'react';
import type { EngineType } from '#contract/models.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { labelsFrom, type LabelOf } from './field-names.ts';

/** The labels of one engine's fields and of the model itself. */
export function useLabels(engine: EngineType): LabelOf {
  const specs = useEngineSpecs().data;
  return useMemo(() => labelsFrom(specs?.find((spec) => spec.engine_type === engine)?.fields ?? []), [specs, engine]);
}
