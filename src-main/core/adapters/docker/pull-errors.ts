import { AppError } from '../../../contract/errors.ts';
import { registryOf } from './image-reference.ts';

/** What a failed pull means; registries and engines word it in many ways. */
export function pullError(reference: string, sentence: string): AppError {
  const text = sentence.trim().replace(/\.$/, '');
  // Docker Hub says the same of an image that is private and of one that does not exist.
  if (/repository does not exist|manifest unknown|manifest for .* not found|name unknown|not found/i.test(text)) {
    return new AppError('image_not_found', { reference, reason: text });
  }
  const failed = (reason: string) => new AppError('image_pull_failed', { reference, reason });
  if (/unauthorized|authentication required|no basic auth|access.* denied|denied:|forbidden|\b40[13]\b/i.test(text)) {
    return failed(
      `${registryOf(reference)} wants a login. Run \`docker login ${registryOf(reference)}\` and \`docker pull ${reference}\`; the image is then found here (${text})`,
    );
  }
  if (/no space left/i.test(text))
    return failed('the disk that Docker keeps images on is full; remove images you no longer need');
  if (/no such host|dial tcp|i\/o timeout|TLS handshake|connection refused|server misbehaving/i.test(text)) {
    return failed(`${registryOf(reference)} cannot be reached; check the network (${text})`);
  }
  return failed(text);
}
