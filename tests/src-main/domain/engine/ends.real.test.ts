import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { describe, expect, inject, it } from 'vitest';
import type { ContainerSpec } from '../../../../src-main/core/ports/containers.ts';
import type { EngineName, FieldValues } from '../../../../src-main/domain/engine/field-table.ts';
import { driverOf } from '../../../../src-main/domain/engine/registry.ts';
import { dockerBench, SELF_TEST } from '../../../fixtures/docker/engine-containers.ts';
import { VLLM_IMAGE } from '../../../tools/docker-test-images.ts';

/** What is said of real ends: the real llama-server in real containers, ended by Docker's own commands. */
const host = inject('dockerHost');
const soon = () => AbortSignal.timeout(30_000);
const machine = { logicalCores: 2, physicalCores: 2, totalMemoryBytes: 2 ** 33, backend: 'cpu' } as const;

interface Ending {
  readonly engine?: EngineName;
  readonly fields?: FieldValues;
  readonly spec?: Partial<ContainerSpec>;
  /** What ends it once it serves; left out for one that ends by itself. */
  readonly act?: (container: Docker.Container) => Promise<unknown>;
  /** Whether this program saw that it served. */
  readonly wasReady?: boolean;
}

async function diagnosisOf({ engine = 'llamacpp', fields = {}, spec = {}, act, wasReady = false }: Ending) {
  await using bench = dockerBench(host);
  const lines: string[] = [];
  const { diagnose, readLine, initialFacts } = driverOf(engine);
  const instance = await bench.containers.run(bench.follow(bench.spec('ends', spec), lines), soon());
  if (act !== undefined) {
    const until = Date.now() + 20_000;
    while (!lines.reduce(readLine, initialFacts).listening && Date.now() < until) await sleep(50);
    await act(bench.docker.getContainer(instance.container?.id ?? ''));
  }
  const end = { ...(await instance.ended), wasReady, timedOutAfterMs: null };
  return diagnose({ runtime: 'container', gpus: 0, end, lines, fields, machine });
}

describe.skipIf(host === '')('a real engine in a container', () => {
  it.each([
    ['docker stop', 'terminated', async (container: Docker.Container) => container.stop()],
    [
      'docker kill -s SIGTERM',
      'terminated',
      async (container: Docker.Container) => container.kill({ signal: 'SIGTERM' }),
    ],
    ['docker kill', 'killed', async (container: Docker.Container) => container.kill()],
  ] as const)('ended by %s is told so, also where only its log knows that it served', async (_, code, act) => {
    for (const wasReady of [true, false]) {
      const diagnosis = await diagnosisOf({ act, wasReady });
      expect(diagnosis.code).toBe(code);
      expect(diagnosis.summary).toMatch(/^Something outside .* while it was running/);
    }
  });

  it('with a grammar that is none names the file and goes on without it', async () => {
    await using bench = dockerBench(host);
    writeFileSync(join(bench.folder, 'bad.gbnf'), 'root ::= [');
    const mounts = [
      { source: SELF_TEST, target: '/models', readOnly: true },
      { source: join(bench.folder, 'bad.gbnf'), target: '/bad.gbnf', readOnly: true },
    ];
    const args = ['-m', '/models/cortex-self-test.gguf', '--grammar-file', '/bad.gbnf', '--port', '8080', '-t', '1'];
    const diagnosis = await diagnosisOf({ fields: { grammar_file: 'bad.gbnf' }, spec: { args, mounts } });
    expect(diagnosis).toMatchObject({ code: 'grammar_invalid', fixes: [{ patch: { grammar_file: null } }, {}] });
  });

  it('that is the other engine is named: vLLM’s flags to llama-server, and the other way round', async () => {
    const args = ['--model', '/models/cortex-self-test.gguf', '--served-model-name', 'm'];
    expect(await diagnosisOf({ engine: 'vllm', spec: { args } })).toMatchObject({
      code: 'wrong_engine',
      summary: 'This image runs llama.cpp, not vLLM.',
      fixes: [{ patch: { engine_image: null } }, {}],
    });
    expect(await diagnosisOf({ spec: { image: VLLM_IMAGE } })).toMatchObject({
      code: 'wrong_engine',
      summary: 'This image runs vLLM, not llama.cpp.',
    });
  });
});
