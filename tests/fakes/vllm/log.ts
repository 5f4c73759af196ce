import { setTimeout as sleep } from 'node:timers/promises';

/** vLLM's log: `(EngineCore pid=7) INFO 11-23 10:00:00 [file.py:12] text`, on stdout; bars and tracebacks on stderr. */

type Level = 'INFO' | 'WARNING' | 'ERROR';

export const pause = (ms: number): Promise<void> => sleep(ms);

function stamp(): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}

export function line(process_: string, level: Level, where: string, text: string): string {
  return `(${process_} pid=${process.pid}) ${level} ${stamp()} [${where}] ${text}\n`;
}

/** A line of the API server. */
export function api(level: Level, where: string, text: string): void {
  process.stdout.write(line('APIServer', level, where, text));
}

/** A line of the engine's own process. */
export function core(level: Level, where: string, text: string): void {
  process.stdout.write(line('EngineCore', level, where, text));
}

/** A progress bar as tqdm draws it: each step overwrites the one before. */
export async function bar(label: string, ms: number, shape: (percent: number) => string): Promise<void> {
  for (const percent of [0, 25, 50, 75, 100]) {
    process.stderr.write(`\r${label}${shape(percent)}`);
    await pause(ms / 5);
  }
  process.stderr.write('\n');
}
