import { describe, expect, it } from 'vitest';
import { LogRing } from '../../../../../src-main/core/services/supervisor/log-ring.ts';

/** Reads until a line says "end". */
async function read(ring: LogRing): Promise<string[]> {
  const seen: string[] = [];
  for await (const { lines } of ring.watch([], new AbortController().signal)) {
    seen.push(...lines.map((line) => line.text));
    if (seen.at(-1) === 'end') return seen;
  }
  return seen;
}

describe('the log lines of a model', () => {
  it('reach each watcher once, also one that comes while lines wait to be sent', async () => {
    using ring = new LogRing();
    ring.begin(0, 'begin');
    const early = read(ring);
    await Promise.resolve();
    ring.add(1, 'info', 'one');
    const late = read(ring);
    await Promise.resolve();
    ring.add(2, 'info', 'end');
    expect(await early).toEqual(['begin', 'one', 'end']);
    expect(await late).toEqual(['begin', 'one', 'end']);
  });

  it('stay bounded in number and size, the newest kept', () => {
    using ring = new LogRing();
    for (let index = 0; index < 20_000; index += 1) ring.add(0, 'info', `line ${index}`);
    expect(ring.lines().length).toBeLessThan(6000);
    expect(ring.lines().at(-1)).toMatchObject({ n: 19_999, text: 'line 19999' });
    for (let index = 0; index < 500; index += 1) ring.add(0, 'info', 'x'.repeat(8000));
    expect(ring.lines().reduce((sum, line) => sum + line.text.length, 0)).toBeLessThan(2_500_000);
  });

  it('of the latest launch alone are what a diagnosis reads', () => {
    using ring = new LogRing();
    ring.begin(0, '$ first');
    ring.add(0, 'error', 'old failure');
    ring.begin(1, '$ second');
    ring.add(1, 'error', 'new failure');
    expect(ring.linesOfLaunch()).toEqual(['new failure']);
  });
});
