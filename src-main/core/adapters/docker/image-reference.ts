/**
 * Whether a text can be the name, digest or id of an image (the grammar of github.com/distribution/reference, a little
 * wider). It becomes part of a path to the engine: nothing else may get there.
 */
export function isReference(text: string): boolean {
  return (
    text.length <= 512 &&
    /^[\w][\w.-]*(?::\d+(?=\/))?(?:\/[\w][\w.-]*)*(?::[\w][\w.-]*)?(?:@\w+:[0-9a-f]+)?$/.test(text)
  );
}

/** Why no registry can have an image of that name, as a whole sentence; null where one may. */
export function nameProblem(reference: string): string | null {
  if (!isReference(reference)) return 'The name of an image is written like "vllm/vllm-openai:latest".';
  const [named = ''] = reference.split('@');
  const slash = named.indexOf('/');
  // Of all parts only the registry's host and the tag may have capitals.
  const path = /^[^/]*[.:]/.test(named.slice(0, slash + 1)) ? named.slice(slash + 1) : named;
  const repository = path.replace(/:[^/]*$/, '');
  return repository === repository.toLowerCase() ? null : 'The name of an image must be in lower case up to its tag.';
}

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
