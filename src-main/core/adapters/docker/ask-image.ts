import type Docker from 'dockerode';
import { LABELS } from '../../ports/containers.ts';
import { FrameReader } from './log-frames.ts';

const TIMEOUT_MS = 120_000;
const MEMORY_BYTES = 4 * 1024 ** 3;
/** vLLM's whole help is about 200 KB. */
const LARGEST_ANSWER = 2 * 1024 * 1024;

/** Runs one command in a container that has nothing, reaches nothing and leaves nothing. Null when it ends with an error. */
export async function askImage(
  docker: Docker,
  image: string,
  [program, ...args]: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string | null> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: [program],
    Cmd: args,
    // It may write below /tmp alone.
    Env: ['HOME=/tmp', 'XDG_CACHE_HOME=/tmp'],
    Labels: { [LABELS.product]: 'cortex-question' },
    Healthcheck: { Test: ['NONE'] },
    NetworkDisabled: true,
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 256,
      Memory: MEMORY_BYTES,
      MemorySwap: MEMORY_BYTES,
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,mode=1777' },
      LogConfig: { Type: 'none', Config: {} },
      Init: true,
      // Should we be killed meanwhile, the engine clears it away.
      AutoRemove: true,
    },
  });
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  const until = AbortSignal.any([signal, deadline]);
  try {
    return await answerOf(container, until);
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) return null;
    throw error;
  } finally {
    // Most often the engine has cleared it away by itself.
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

async function answerOf(container: Docker.Container, signal: AbortSignal): Promise<string | null> {
  const output = await container.attach({ stream: true, stdout: true, stderr: true, abortSignal: signal });
  // Asked before the start: a quick one is removed before we could ask.
  const ended = container.wait({ condition: 'next-exit', abortSignal: signal }) as Promise<{ StatusCode: number }>;
  // Awaited below; until then a failing start must not leave it unheard.
  ended.catch(() => undefined);
  await container.start();
  const text: Buffer[] = [];
  let size = 0;
  const frames = new FrameReader((_, payload) => {
    size += payload.length;
    if (size <= LARGEST_ANSWER) text.push(Buffer.from(payload));
  });
  for await (const chunk of output) frames.push(chunk as Buffer);
  const { StatusCode } = await ended;
  return StatusCode === 0 && size <= LARGEST_ANSWER ? Buffer.concat(text).toString('utf8') : null;
}
