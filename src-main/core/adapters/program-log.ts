import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { destination, pino, type Logger } from 'pino';

const LARGEST_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 3;
const LOOKED_AT_EVERY_MS = 60_000;

/** The program's own log: JSON lines in `logs/cortex.log`, the last ones kept, never a credential or a body in it. */
export function openProgramLog(dataDir: string): Logger {
  const directory = join(dataDir, 'logs');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'cortex.log');
  rotate(path);
  const file = destination({ dest: path, sync: true, mode: 0o600 });
  setInterval(() => {
    if (rotate(path)) file.reopen();
  }, LOOKED_AT_EVERY_MS).unref();
  return pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['*.authorization', '*.cookie', '*.token'], censor: '[redacted]' },
    },
    file,
  );
}

/** True when the file was put aside. */
function rotate(path: string): boolean {
  if (!existsSync(path) || statSync(path).size < LARGEST_BYTES) return false;
  for (let n = KEPT_FILES - 1; n >= 1; n -= 1)
    if (existsSync(`${path}.${n}`)) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
  renameSync(path, `${path}.1`);
  return true;
}
