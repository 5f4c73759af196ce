import type { Model } from '#contract/models.ts';
import { isActive, useLive } from '../../api/live.ts';
import { progressWords } from '../../parts/model-state.tsx';
import { bytes, inWords } from '../../ui/format.ts';

/** What a model that comes up is doing, with the bytes of an image that is being downloaded for it. */
export function useComingWords(model: Model): string {
  const image = model.engine_image ?? model.engine?.image ?? null;
  const pull = useLive((live) =>
    model.progress?.stage === 'pull'
      ? live.jobs?.find(
          (job) => job.job_type === 'image_pull' && isActive(job) && (image === null || job.title === image),
        )
      : undefined,
  );
  if (model.progress === null) return 'Starting the engine';
  const words = progressWords(model.progress);
  if (pull === undefined || pull.bytes_written === null || pull.total_bytes === null) return words;
  return `${words}, ${inWords(bytes(pull.bytes_written))} of ${inWords(bytes(pull.total_bytes))}`;
}
