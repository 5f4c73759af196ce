import { join } from 'node:path';
import { inject } from 'vitest';

/** The flag that gives a program the engine which the whole run shares, instead of a minute of compiling each time. */
export function engineFlags(): string[] {
  return ['--llama-server', join(inject('engineDir'), 'llama-server')];
}
