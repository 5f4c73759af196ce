import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { client } from '../../api/client.ts';
import { describeError, issueOf } from '../../api/errors.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Labelled, TextInput } from '../../ui/field.tsx';
import { ErrorPanel } from '../../ui/state.tsx';

/** Downloads an image by its name; the work itself then shows as a job. */
export function PullImageDialog({ onClose }: { readonly onClose: () => void }) {
  const [reference, setReference] = useState('');
  const pull = useMutation({
    mutationFn: () => client.engines.pullImage({ reference: reference.trim() }),
    onSuccess: onClose,
  });
  const problem = pull.error === null ? null : describeError(pull.error);
  const atField = issueOf(problem, 'reference');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    pull.mutate();
  };
  return (
    <Dialog open onOpenChange={onClose} title="Download an image">
      <form onSubmit={submit} className="grid grid-cols-1 gap-4">
        <Labelled
          label="Image"
          hint="Its name with the tag, such as vllm/vllm-openai:v0.33.0, or with a digest."
          error={atField}
        >
          {(control) => (
            <TextInput
              {...control}
              className="font-mono text-xs"
              value={reference}
              onChange={(event) => {
                setReference(event.target.value);
                pull.reset();
              }}
            />
          )}
        </Labelled>
        {problem === null || atField !== null ? null : (
          <ErrorPanel what="The download could not be started" problem={problem} />
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={pull.isPending} disabled={reference.trim() === ''}>
            Download
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
