import pino from 'pino';
import { describe, expect, inject, it } from 'vitest';
import { driverOf } from '../../../../../src-main/domain/engine/registry.ts';
import { systemClock } from '../../../../../src-main/core/ports/clock.ts';
import { EngineImages } from '../../../../../src-main/core/services/images/engine-images.ts';
import { Jobs } from '../../../../../src-main/core/services/jobs/jobs.ts';
import { EngineFlagTable } from '../../../../../src-main/core/store/engine-flags.ts';
import { JobTable } from '../../../../../src-main/core/store/jobs.ts';
import { openStore } from '../../../../../src-main/core/store/open.ts';
import { dockerBench } from '../../../../fixtures/docker/engine-containers.ts';
import { LLAMA_SERVER_IMAGE, VLLM_IMAGE } from '../../../../tools/docker-test-images.ts';

const host = inject('dockerHost');
const soon = () => AbortSignal.timeout(60_000);

describe.skipIf(host === '')('images asked on a real Docker Engine', () => {
  it.each([
    ['llamacpp', LLAMA_SERVER_IMAGE, '--ctx-size', '--max-model-len'],
    ['vllm', VLLM_IMAGE, '--max-model-len', '--ctx-size'],
  ] as const)('%s names its own flags and not the other’s', async (engine, reference, own, foreign) => {
    await using bench = dockerBench(host);
    const db = openStore(':memory:');
    const log = pino({ level: 'silent' });
    await using jobs = new Jobs(new JobTable(db), systemClock, log);
    const user = { name: 'A', engineType: engine, engineImage: reference, engineDigest: null };
    const images = new EngineImages({
      images: bench.images,
      jobs,
      flags: new EngineFlagTable(db),
      models: () => [user],
      clock: systemClock,
      log,
    });
    const driver = driverOf(engine);
    const image = await images.find(reference, soon());
    if (image === null) throw new Error('the image is not there');
    const known = await images.flagsOf(image, driver, soon());
    expect(known?.flags.has(own)).toBe(true);
    expect(known?.flags.has(foreign)).toBe(false);
    expect((await images.list(soon())).find((entry) => entry.reference === reference)).toMatchObject({
      engine_type: engine,
      present: true,
      models: ['A'],
      known_flags: known?.flags.size,
    });
    db.close();
  });
});
