import { buildIfStale } from '../../src-main/launch.ts';

/** The end-to-end tests run what a user runs: the built program. */
export function setup(): void {
  buildIfStale();
}
