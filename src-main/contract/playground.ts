import { z } from 'zod';

/** An OpenAI chat request; keys beyond these pass through to the engine unharmed. */
export const PlaygroundRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
});
export type PlaygroundRequest = z.infer<typeof PlaygroundRequest>;

/** What the playground shows of one answer as it comes. */
export const PlaygroundEvent = z.discriminatedUnion('type', [
  /** One `data:` payload of the engine's stream, as it came. */
  z.object({ type: z.literal('chunk'), chunk: z.looseObject({}) }),
  /** The gateway's own measurements, once, at the end. */
  z.object({
    type: z.literal('done'),
    prompt_tokens: z.number().int(),
    completion_tokens: z.number().int(),
    ttft_ms: z.number().nullable(),
    latency_ms: z.number(),
    tokens_per_second: z.number().nullable(),
  }),
]);
export type PlaygroundEvent = z.infer<typeof PlaygroundEvent>;
