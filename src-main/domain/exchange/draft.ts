/** What was left out of what was pasted, and why. */
export interface Dropped {
  readonly text: string;
  readonly reason: string;
}

/** What was said in other words. */
export interface Conversion {
  readonly field: string;
  readonly message: string;
}

/** It is seen nowhere afterwards: a person must be told that it came along. */
export const TOKEN_TAKEN: Conversion = {
  field: 'hf_token',
  message: 'a Hugging Face token was taken; it is kept encrypted and not shown',
};

export type Source = 'docker-run' | 'vllm' | 'llama-server' | 'cortex';

/** What was pasted, as the input of a new model; what could not be told is missing. */
export interface Draft {
  readonly source: Source;
  readonly draft: Record<string, unknown>;
  readonly conversions: readonly Conversion[];
  readonly dropped: readonly Dropped[];
}

export type Parsed = Draft | { readonly message: string };

/** A word that may hold a secret is not shown again. */
export function shown(flag: string, values: readonly string[]): string {
  const isSecret = /key|token|secret|password|credential/i.test(flag);
  return [flag, ...(isSecret ? values.map(() => '***') : values)].join(' ');
}
