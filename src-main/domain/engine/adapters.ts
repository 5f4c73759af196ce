import { z } from 'zod';
import type { FieldValue } from './field-table.ts';

/** LoRA adapters as Cortex wrote them: a JSON list of paths, or of objects with a path and more. */

const Written = z.array(
  z.union([
    z.string().min(1),
    z.strictObject({
      path: z.string().min(1),
      /** llama.cpp: how strongly it counts. */
      scale: z.number().optional(),
      /** vLLM: the model name that asks for it. */
      name: z.string().min(1).optional(),
    }),
  ]),
);

export interface Adapter {
  readonly path: string;
  readonly scale: number | null;
  readonly name: string | null;
}

function parse(value: FieldValue) {
  let list: unknown;
  try {
    list = JSON.parse(String(value));
  } catch {
    list = null;
  }
  return Written.safeParse(list);
}

/** What is wrong with `lora_adapters_json`, whichever engine it is for. */
export function adaptersProblem(value: FieldValue): string | null {
  const parsed = parse(value);
  if (!parsed.success) return 'must be a JSON list of paths, or of {"path": ...}';
  const dashed = adaptersIn(value).some((adapter) => adapter.path.startsWith('-'));
  return dashed ? 'must not hold a path that begins with a dash' : null;
}

export function adaptersIn(value: FieldValue): readonly Adapter[] {
  const parsed = parse(value);
  if (!parsed.success) return [];
  return parsed.data.map((item) =>
    typeof item === 'string'
      ? { path: item, scale: null, name: null }
      : { path: item.path, scale: item.scale ?? null, name: item.name ?? null },
  );
}

/** The same list with real paths: those of `paths` under "field/index", where there are any. */
export function withRealPaths(field: string, value: FieldValue, paths: Readonly<Record<string, string>>): FieldValue {
  const adapters = adaptersIn(value).map(({ path, scale, name }, index) => ({
    path: paths[`${field}/${index}`] ?? path,
    ...(scale === null ? {} : { scale }),
    ...(name === null ? {} : { name }),
  }));
  return adapters.length === 0 ? value : JSON.stringify(adapters);
}
