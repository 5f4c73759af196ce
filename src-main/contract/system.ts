import { z } from 'zod';

/** One line of the first-run check. */
export const CheckItem = z.object({
  id: z.enum(['compiler', 'git', 'engine', 'cuda', 'vulkan', 'docker', 'disk', 'port']),
  label: z.string(),
  /** `info`: not there and not needed. */
  status: z.enum(['ok', 'info', 'warning', 'failed']),
  detail: z.string(),
  /** The command or step that mends it. */
  cure: z.string().nullable(),
});
export type CheckItem = z.infer<typeof CheckItem>;

export const SystemCheck = z.object({ checked_at: z.number(), items: z.array(CheckItem) });
export type SystemCheck = z.infer<typeof SystemCheck>;

export const ProgramInfo = z.object({
  name: z.literal('Cortex'),
  version: z.string(),
  platform: z.string(),
  data_dir: z.string(),
  /** Where the gateway listens; `reach` says who can get there. */
  endpoint: z.object({
    url: z.string(),
    host: z.string(),
    port: z.number().int(),
    reach: z.enum(['this-machine', 'network']),
  }),
  desktop: z.boolean(),
  /** The folder of the model that proves the chain without a download; null where it was not shipped. */
  self_test_model: z.string().nullable(),
  started_at: z.number(),
});
export type ProgramInfo = z.infer<typeof ProgramInfo>;

/** What the owner may change; unknown keys are refused. Host and port take effect at the next start. */
export const Settings = z.object({
  /** An address of this machine, `localhost`, or `0.0.0.0` and `::` for all; null is 127.0.0.1. */
  host: z.string().nullable(),
  port: z.number().int().min(0).max(65_535).nullable(),
  theme: z.enum(['system', 'light', 'dark']),
  /** What quitting does with running models. `leave` lets containers run on; plain processes always end. */
  on_quit: z.enum(['ask', 'stop', 'leave']),
  onboarded: z.boolean(),
});
export type Settings = z.infer<typeof Settings>;
export const SettingsPatch = Settings.partial().strict();
export type SettingsPatch = z.infer<typeof SettingsPatch>;
