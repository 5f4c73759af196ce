import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the stand-in pretends of its machine; the environment wins over `standin.json` in the model's folder. */
export interface Pretence {
  readonly fail: string | null;
  readonly kvTokens: number | null;
  readonly freeGib: number | null;
  readonly totalGib: number;
  readonly gpus: number;
  readonly loadMs: number;
  readonly crashMs: number | null;
  readonly hubConfig: string | null;
}

export function readPretence(model: string | null, env: NodeJS.ProcessEnv): Pretence {
  const file = model === null ? {} : readJson(join(model, 'standin.json'));
  const text = (name: string, key: string) => {
    const written = file[key];
    return env[name] ?? (typeof written === 'string' || typeof written === 'number' ? String(written) : null);
  };
  const number = (name: string, key: string) => {
    const found = text(name, key);
    return found === null ? null : Number(found);
  };
  return {
    fail: text('STANDIN_FAIL', 'fail'),
    kvTokens: number('STANDIN_KV_TOKENS', 'kvTokens'),
    freeGib: number('STANDIN_FREE_GIB', 'freeGib'),
    totalGib: number('STANDIN_TOTAL_GIB', 'totalGib') ?? 24,
    gpus: number('STANDIN_GPUS', 'gpus') ?? 8,
    loadMs: number('STANDIN_LOAD_MS', 'loadMs') ?? 400,
    crashMs: number('STANDIN_CRASH_MS', 'crashMs'),
    hubConfig: env['STANDIN_HUB_CONFIG'] ?? null,
  };
}

export function readJson(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
