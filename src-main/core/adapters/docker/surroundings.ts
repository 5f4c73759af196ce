import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Surroundings } from './endpoints.ts';

const ConfigFile = z.object({
  currentContext: z.string().optional(),
  auths: z.record(z.string(), z.object({ auth: z.string().optional() })).optional(),
});
const ContextFile = z.object({
  Name: z.string(),
  Endpoints: z.object({ docker: z.object({ Host: z.string().optional() }).optional() }),
});

export interface EngineHome {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

export const thisHome = (): EngineHome => ({ platform: process.platform, env: process.env, home: homedir() });

export function configFolder({ env, home }: EngineHome): string {
  return env['DOCKER_CONFIG'] ?? join(home, '.docker');
}

/** Docker's own settings of this user; what is not there or not readable counts as not set. */
export async function readSurroundings(at: EngineHome): Promise<Surroundings> {
  const folder = configFolder(at);
  const meta = join(folder, 'contexts', 'meta');
  const [config, names] = await Promise.all([readJson(join(folder, 'config.json')), readdir(meta).catch(() => [])]);
  const contexts = await Promise.all(names.map(async (name) => readJson(join(meta, name, 'meta.json'))));
  const hosts = contexts.flatMap((context) => {
    const parsed = ContextFile.safeParse(context).data;
    const host = parsed?.Endpoints.docker?.Host;
    return parsed && host ? [[parsed.Name, host] as const] : [];
  });
  return {
    ...at,
    userId: process.getuid?.() ?? null,
    currentContext: ConfigFile.safeParse(config).data?.currentContext ?? null,
    contexts: new Map(hosts),
  };
}

/** The login that `docker login` left in the config file for a registry; null where it keeps none there. */
export async function readLogin(registry: string, at: EngineHome): Promise<{ user: string; word: string } | null> {
  const config = ConfigFile.safeParse(await readJson(join(configFolder(at), 'config.json'))).data;
  const names =
    registry === 'docker.io' ? ['https://index.docker.io/v1/', 'docker.io'] : [registry, `https://${registry}`];
  const encoded = names.map((name) => config?.auths?.[name]?.auth).find(Boolean);
  if (!encoded) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? null : { user: text.slice(0, colon), word: text.slice(colon + 1) };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch {
    return null;
  }
}
