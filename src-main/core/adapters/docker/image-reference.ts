/** "vllm/vllm-openai" without a tag means every tag to the API, and the newest to a person. */
export function withTag(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return name.includes(':') || reference.includes('@') ? reference : `${reference}:latest`;
}

/** The registry's host, as Docker reads it: a first part with a dot, a port, or "localhost". */
export function registryOf(reference: string): string {
  const slash = reference.indexOf('/');
  const first = reference.slice(0, Math.max(0, slash));
  return /[.:]/.test(first) || first === 'localhost' ? first : 'docker.io';
}
