import { homedir, tmpdir } from 'node:os';

/** The mark that a launch's processes carry. */
export const LAUNCH_MARK = 'CORTEX_LAUNCH_ID';

/**
 * The environment of an engine, built from nothing: a stray `LLAMA_ARG_*` of ours would change its flags, and our tokens
 * are none of its business. Home is where GPU drivers keep their compiled kernels.
 */
export function engineEnvironment(launchId: string, extra: Readonly<Record<string, string>>): Record<string, string> {
  const base: Record<string, string> =
    process.platform === 'win32' ? windowsBase() : { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };
  return { ...base, HOME: homedir(), TMPDIR: tmpdir(), ...extra, [LAUNCH_MARK]: launchId };
}

function windowsBase(): Record<string, string> {
  const root = process.env['SystemRoot'] ?? 'C:\\Windows';
  return { SystemRoot: root, PATH: `${root}\\System32;${root}`, TEMP: tmpdir(), TMP: tmpdir(), USERPROFILE: homedir() };
}
