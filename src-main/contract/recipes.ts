import { z } from 'zod';
import { EngineType } from './models.ts';

/** A saved configuration. `configuration` is the input of `POST /admin/models`, whole but for names and secrets. */
export const Recipe = z.object({
  id: z.number().int(),
  name: z.string(),
  description: z.string(),
  engine_type: EngineType,
  /** The model it was saved from, by the name it had then; null for one that was written as it is. */
  model_name: z.string().nullable(),
  configuration: z.record(z.string(), z.unknown()),
  /** Epoch seconds. */
  created_at: z.number(),
  updated_at: z.number(),
});
export type Recipe = z.infer<typeof Recipe>;

const name = z.string().trim().min(1).max(255);
const description = z.string().max(4096);

export const RecipeCreate = z.strictObject({
  name,
  description: description.default(''),
  configuration: z.record(z.string(), z.unknown()),
});
export type RecipeCreate = z.infer<typeof RecipeCreate>;
export const RecipePatch = z.strictObject({ name: name.optional(), description: description.optional() });
export type RecipePatch = z.infer<typeof RecipePatch>;
export const RecipeFromModel = z.strictObject({ name, description: description.default('') });
export type RecipeFromModel = z.infer<typeof RecipeFromModel>;
export const RecipeQuery = z.strictObject({
  /** Looked for in name, description and model name. */
  q: z.string().optional(),
  engine_type: EngineType.optional(),
  limit: z.number().int().min(1).max(1000).default(100),
  offset: z.number().int().min(0).default(0),
});
export type RecipeQuery = z.infer<typeof RecipeQuery>;
