import type { FieldSpec } from '#contract/engines.ts';
import type { FieldPatch } from '#contract/models.ts';
import { IDENTITY_LABELS, isIdentity } from './identity.ts';

const OTHER_LABELS: ReadonlyMap<string, string> = new Map([
  ['hf_token', 'Hugging Face token'],
  ['engine_digest', 'Image digest'],
  ['engine_type', 'Engine'],
  ['mode', 'Source'],
]);

export type LabelOf = (name: string) => string | null;

/** How a person knows a field, by its name in the program; null for what is none. */
export function labelsFrom(specs: readonly FieldSpec[]): LabelOf {
  const labels = new Map(specs.map(({ name, label }) => [name, label]));
  return (name) => labels.get(name) ?? (isIdentity(name) ? IDENTITY_LABELS[name] : (OTHER_LABELS.get(name) ?? null));
}

/** A sentence about a field without the field's name before it, as it stands at the field itself. */
export function withoutName(message: string, field: string): string {
  const rest = message.startsWith(`${field}: `)
    ? message.slice(field.length + 2)
    : message.startsWith(`${field} `)
      ? message.slice(field.length + 1)
      : message;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** Of fixes that write the same, the first. One that is only words stays. */
export function withoutRepeats<Each extends { readonly patch: FieldPatch | null }>(
  fixes: readonly Each[],
): readonly Each[] {
  const texts = fixes.map(({ patch }) => JSON.stringify(patch));
  return fixes.filter(({ patch }, index) => patch === null || texts.indexOf(texts[index] ?? '') === index);
}

/** Words joined by underscores that are no part of a flag, a path, a variable, a command or JSON. */
const NAME = /(?<![-\w./`$])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w/`=]|\.\w|":)/g;

/** A sentence of the program with each field called what the form calls it. */
export function inLabels(text: string, labelOf: LabelOf): string {
  return text.replaceAll(NAME, (name) => labelOf(name) ?? name);
}
