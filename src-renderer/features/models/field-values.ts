import type { EngineBuild, FieldSpec } from '#contract/engines.ts';
import type { FieldValue, Model } from '#contract/models.ts';
import { count } from '../../ui/format.ts';

/** What a form holds: field name to value. A number that does not parse yet stays as the text that was typed. */
export type FieldValues = Readonly<Record<string, FieldValue>>;

/** What is wrong with one value, or null. Null and absent are always right: the default applies. */
export function fieldProblem(spec: FieldSpec, value: FieldValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  switch (spec.type) {
    case 'integer':
    case 'number':
      return numberProblem(spec, value);
    case 'choice':
      return typeof value === 'string' && (spec.choices ?? []).includes(value)
        ? null
        : `One of ${(spec.choices ?? []).join(', ')}.`;
    case 'boolean':
      return typeof value === 'boolean' ? null : 'On or off.';
    case 'string':
    case 'list':
      return null;
  }
}

/** Fields of which the program reads "32k" and "4G" as vLLM does. */
const READS_SUFFIXES: ReadonlySet<string> = new Set([
  'max_model_len',
  'max_num_batched_tokens',
  'kv_cache_memory_bytes',
]);
const WITH_SUFFIX = /^\s*\d+(\.\d+)?\s*[kKmMgG]\s*$/;

function numberProblem(spec: FieldSpec, value: FieldValue): string | null {
  if (spec.engine === 'vllm' && READS_SUFFIXES.has(spec.name) && typeof value === 'string' && WITH_SUFFIX.test(value))
    return null;
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'Enter a number.';
  if (spec.type === 'integer' && !Number.isInteger(value)) return 'Enter a whole number.';
  if (spec.min !== null && value < spec.min) return `At least ${count(spec.min)}.`;
  if (spec.max !== null && value > spec.max) return `At most ${count(spec.max)}.`;
  return null;
}

/** Typed text as a value of the field's type; empty text clears the field. */
export function parseFieldText(spec: FieldSpec, text: string): FieldValue {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (spec.type === 'integer' || spec.type === 'number') {
    const number = Number(trimmed);
    return Number.isFinite(number) ? number : text;
  }
  if (spec.type === 'list')
    return trimmed
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return text;
}

export function fieldText(value: FieldValue | undefined): string {
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** A value in words, for "default 4096" and differences. */
export function valueInWords(spec: FieldSpec, value: FieldValue | undefined): string {
  if (value === null || value === undefined) return 'chosen by the engine';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return spec.unit === null ? count(value) : `${count(value)} ${spec.unit}`;
  return Array.isArray(value) ? value.join(', ') || 'none' : value;
}

/** The default as the command has it; null where the engine, or a file not read here, decides. */
export function effectiveDefault(spec: FieldSpec, trained: number | null): FieldValue {
  if (!followsTraining(spec) || typeof spec.default !== 'number') return spec.default;
  return trained === null ? null : Math.min(spec.default, trained);
}

const followsTraining = (spec: FieldSpec) => spec.name === 'context_size' && spec.engine === 'llamacpp';

/**
 * What an unset field comes to: "the engine decides", "default 4 slots". Our context is never longer than `trained`, the
 * tokens a model was trained on; null where that is not known here.
 */
export function defaultInWords(spec: FieldSpec, trained: number | null = null): string {
  if (spec.default === null) return spec.flag === null ? 'not set' : 'the engine decides';
  const effective = effectiveDefault(spec, trained);
  const words = `default ${valueInWords(spec, effective ?? spec.default)}`;
  if (effective === null) return `${words}, at most what the model was trained on`;
  return effective === spec.default ? words : `${words}, what the model was trained on`;
}

/** "1 to 128", "at least 0", or null. */
export function rangeInWords(spec: FieldSpec): string | null {
  if (spec.min !== null && spec.max !== null) return `${count(spec.min)} to ${count(spec.max)}`;
  if (spec.min !== null) return `at least ${count(spec.min)}`;
  return spec.max === null ? null : `at most ${count(spec.max)}`;
}

/** "since 0.20", "until 0.30", or null: the engine versions that know the flag. */
export function versionsInWords({ since, until }: FieldSpec): string | null {
  const parts = [since === null ? [] : [`since ${since}`], until === null ? [] : [`until ${until}`]].flat();
  return parts.length === 0 ? null : parts.join(', ');
}

export function isSet(value: FieldValue | undefined): boolean {
  return value !== null && value !== undefined;
}

export function sameValue(left: FieldValue | undefined, right: FieldValue | undefined): boolean {
  return JSON.stringify(left ?? null) === JSON.stringify(right ?? null);
}

export function isFieldValue(value: unknown): value is FieldValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value) || Array.isArray(value);
}

/** The configuration fields of a stored model. */
export function valuesOf(model: Model, specs: readonly FieldSpec[]): FieldValues {
  return Object.fromEntries(
    specs.map(({ name }) => {
      const value: unknown = model[name];
      return [name, isFieldValue(value) ? value : null];
    }),
  );
}

/** Only what differs, as a patch. */
export function changedValues(before: FieldValues, after: FieldValues): FieldValues {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => !sameValue(before[name], value)));
}

/** Without the fields left to their defaults: for a new model. */
export function setValues(values: FieldValues): FieldValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => isSet(value)));
}

/** "Follow the default (v0.5.0)" and every installed build. */
export function buildOptions(builds: readonly EngineBuild[]): { readonly value: string; readonly label: string }[] {
  const standard = builds.find((build) => build.is_default);
  return [
    { value: '', label: standard === undefined ? 'Follow the default' : `Follow the default (${standard.version})` },
    ...builds.map((build) => ({ value: build.id, label: `llama.cpp ${build.version} (${build.source})` })),
  ];
}
