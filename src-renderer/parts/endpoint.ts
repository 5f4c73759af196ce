/** The address an OpenAI client is given: the program's own, with /v1. */
export function openAIBase(url: string): string {
  return `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;
}

/** Without the scheme, for showing. */
export function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//, '');
}
