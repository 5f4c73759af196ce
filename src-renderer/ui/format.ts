/** A figure and its unit, apart, so that the unit can be dimmed. */
export interface Quantity {
  readonly value: string;
  readonly unit: string;
}

const KIB = 1024;
const MIB = KIB * 1024;
const GIB = MIB * 1024;

/** Bytes in GiB with one decimal; below 1 GiB in MiB, below 0.1 MiB in KiB. */
export function bytes(count: number): Quantity {
  if (count >= GIB) return { value: (count / GIB).toFixed(1), unit: 'GiB' };
  if (count >= 0.1 * MIB) return { value: (count / MIB).toFixed(count >= 10 * MIB ? 0 : 1), unit: 'MiB' };
  return { value: String(Math.ceil(count / KIB)), unit: 'KiB' };
}

/** Milliseconds in the largest sensible unit: 145 ms, 2.4 s, 3 min 20 s. */
export function duration(milliseconds: number): Quantity {
  if (milliseconds < 999.5) return { value: String(Math.round(milliseconds)), unit: 'ms' };
  if (milliseconds < 9_950) return { value: (milliseconds / 1000).toFixed(1), unit: 's' };
  if (milliseconds < 59_500) return { value: String(Math.round(milliseconds / 1000)), unit: 's' };
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 60) return { value: String(minutes), unit: 'min' };
  return { value: (minutes / 60).toFixed(1), unit: 'h' };
}

/** "12 s left", "3 min left"; whole seconds, since it is a guess. */
export function timeLeft(seconds: number): string {
  return seconds < 1 ? 'almost done' : `${inWords(duration(Math.ceil(seconds) * 1000)).replace('.0', '')} left`;
}

/** 1234567 as 1,234,567: one form for every locale, so that columns of digits line up. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A parameter count as people say it: 7.6 B, 494 M, 12 K. */
export function parameters(value: number): Quantity {
  if (value >= 1e9) return { value: (value / 1e9).toFixed(value >= 1e11 ? 0 : 1), unit: 'B' };
  if (value >= 1e6) return { value: (value / 1e6).toFixed(0), unit: 'M' };
  if (value >= 1e3) return { value: (value / 1e3).toFixed(0), unit: 'K' };
  return { value: String(value), unit: '' };
}

export function inWords({ value, unit }: Quantity): string {
  return unit === '' ? value : `${value} ${unit}`;
}

/** "just now", "4 min ago", "in 3 h", "12 d ago". `at` and `now` are epoch seconds. */
export function relativeTime(at: number, now: number): string {
  const seconds = Math.abs(now - at);
  if (seconds < 45) return at > now + 5 ? 'in a moment' : 'just now';
  const [amount, unit] =
    seconds < 3570
      ? [Math.max(1, Math.round(seconds / 60)), 'min']
      : seconds < 86_400
        ? [Math.round(seconds / 3600), 'h']
        : [Math.round(seconds / 86_400), 'd'];
  return at > now ? `in ${amount} ${unit}` : `${amount} ${unit} ago`;
}

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `at` in epoch seconds, as the reader's own locale writes it. */
export function exactTime(at: number): string {
  return EXACT.format(at * 1000);
}

/** Hours, minutes and seconds of `at` (epoch seconds), 24 h. */
export function clockTime(at: number): string {
  return CLOCK.format(at * 1000);
}

const shellWord = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A command as a POSIX shell would read it back, a flag a line, for showing and copying. */
export function shellLines(argv: readonly string[]): string {
  const separator = (word: string, index: number) => (index === 0 ? '' : /^--?[A-Za-z]/.test(word) ? ' \\\n  ' : ' ');
  return argv.map((word, index) => separator(word, index) + shellWord(word)).join('');
}

/** A line for a shell with each of its flags on a line of its own; what is quoted stays as it is. */
export function wrapShellLine(line: string): string {
  return line
    .trimEnd()
    .split(/('[^']*')/)
    .map((piece) => (piece.startsWith("'") ? piece : piece.replace(/ (?=--?[A-Za-z])/g, ' \\\n  ')))
    .join('');
}
