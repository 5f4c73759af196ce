/** What every engine's container gets whatever the model: one truth for our own containers and for every export of them. */
export const CONTAINER_POLICY = {
  logDriver: 'json-file',
  logOptions: { 'max-size': '20m', 'max-file': '3' },
  /** Kernels compiled at run time are loaded from there: it must allow that. */
  tmpOptions: 'rw,exec,nosuid,nodev,mode=1777',
  /** Weights are locked into memory, and NCCL and CUDA ask for pinned memory (NVIDIA's containers recommend both). */
  ulimits: [
    { name: 'memlock', soft: -1, hard: -1 },
    { name: 'stack', soft: 64 * 1024 * 1024, hard: 64 * 1024 * 1024 },
  ],
} as const;
