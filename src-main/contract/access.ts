import { z } from 'zod';

export const Scope = z.enum(['chat', 'completions', 'embeddings']);
export type Scope = z.infer<typeof Scope>;

/** Scopes as the seed sends them, "chat,completions", or as a list. `*` is all. Answered as the comma string. */
export const ScopesInput = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    (Array.isArray(value) ? value : value.split(',')).map((scope) => scope.trim()).filter((scope) => scope !== ''),
  )
  .transform((scopes) => (scopes.includes('*') ? [...Scope.options] : scopes))
  .pipe(z.array(Scope).min(1, 'name at least one of chat, completions, embeddings'));

export const ApiKey = z.object({
  id: z.number().int(),
  /** The visible beginning of the token. */
  prefix: z.string(),
  name: z.string(),
  /** Comma-separated, as in the seed. */
  scopes: z.string(),
  /** Epoch seconds. */
  expires_at: z.number().nullable(),
  last_used_at: z.number().nullable(),
  created_at: z.number(),
  disabled: z.boolean(),
  user_id: z.number().int().nullable(),
  org_id: z.number().int().nullable(),
});
export type ApiKey = z.infer<typeof ApiKey>;

/** The end of the year 9999. */
const LAST_EXPIRY = 253_402_300_799;

export const ApiKeyCreate = z.strictObject({
  name: z.string().trim().max(120).default(''),
  scopes: ScopesInput.default(['chat', 'completions', 'embeddings']),
  /** Epoch seconds, or an ISO 8601 date; must lie in the future. */
  expires_at: z
    .union([
      z.number(),
      z.iso.datetime({ offset: true }).transform((text) => Date.parse(text) / 1000),
      z.iso.date().transform((text) => Date.parse(text) / 1000),
    ])
    .pipe(z.number().max(LAST_EXPIRY, 'must lie before the year 10000'))
    .nullable()
    .optional(),
});
export type ApiKeyCreate = z.infer<typeof ApiKeyCreate>;

/** The token is here and nowhere else, ever again. */
export const ApiKeyCreated = z.object({ id: z.number().int(), prefix: z.string(), token: z.string() });
export type ApiKeyCreated = z.infer<typeof ApiKeyCreated>;
