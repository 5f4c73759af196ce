import { useMutation } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { Model } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { useImages } from './engine-fields.tsx';

/** The image a model runs from, the digest it is pinned to, and the way to a newer one. */
export function ImagePin({ model }: { readonly model: Model }) {
  const images = useImages();
  const standard = images.data?.find((image) => image.is_default && image.engine_type === model.engine_type);
  const reference = model.engine_image ?? standard?.reference ?? model.engine?.image ?? null;
  return (
    <div>
      <code className="font-mono text-xs break-all">{reference ?? 'the engine’s default image'}</code>
      {model.engine_digest === null ? (
        <p className="text-xs text-dim">Pinned to its digest at the first start.</p>
      ) : (
        <Pinned model={model} digest={model.engine_digest} reference={reference} />
      )}
    </div>
  );
}

interface PinnedProps {
  readonly model: Model;
  readonly digest: string;
  readonly reference: string | null;
}

function Pinned({ model, digest, reference }: PinnedProps) {
  const undo = () =>
    void client.models
      .update({ id: model.id, engine_digest: digest })
      .catch((error: unknown) => toastFailure('It could not be pinned again', error));
  const unpin = useMutation({
    mutationFn: async ({ pull }: { readonly pull: boolean }) => {
      if (pull && reference !== null) await client.engines.pullImage({ reference });
      await client.models.update({ id: model.id, engine_digest: null });
    },
    onSuccess: (_, { pull }) => {
      const description = 'The next start takes what the name then means, and pins it again.';
      toast(pull ? 'The image is being downloaded anew' : 'Unpinned', {
        description,
        action: { label: 'Undo', onClick: undo },
        duration: 8_000,
      });
    },
    onError: (error) => toastFailure('The pin was not changed', error),
  });
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <span className="flex items-center font-mono text-xs text-dim" title={digest}>
        pinned {digest.slice(0, 19)}…
        <CopyButton text={digest} what="digest" />
      </span>
      <Button size="small" disabled={unpin.isPending} onClick={() => unpin.mutate({ pull: false })}>
        Unpin
      </Button>
      <Button
        size="small"
        disabled={unpin.isPending || reference === null}
        onClick={() => unpin.mutate({ pull: true })}
      >
        Update
      </Button>
    </div>
  );
}
