import type { Migration } from './migration.ts';
import { firstLight } from './0010-first-light.ts';
import { containers } from './0020-containers.ts';
import { registry } from './0030-registry.ts';
import { recipes } from './0040-recipes.ts';

/** Numbered in tens, forward only: a landed step is never edited, a new one is added at the end. */
export const MIGRATIONS: readonly Migration[] = [firstLight, containers, registry, recipes];
