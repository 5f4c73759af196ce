import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { toast } from 'sonner';
import type { Model } from '#contract/models.ts';
import { api, client } from '../../api/client.ts';
import { describeError, issueOf } from '../../api/errors.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Labelled, TextArea, TextInput } from '../../ui/field.tsx';
import { ErrorPanel } from '../../ui/state.tsx';

interface SaveProps {
  readonly model: Model;
  readonly onClose: () => void;
}

/** Keeps a model's configuration, without its names and secrets, to make others from. */
export function SaveAsRecipe({ model, onClose }: SaveProps) {
  const [name, setName] = useState(model.name);
  const [description, setDescription] = useState('');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const save = useMutation({
    mutationFn: () => client.recipes.fromModel({ model_id: model.id, name: name.trim(), description }),
    onSuccess: async () => {
      onClose();
      toast.success(`The recipe "${name.trim()}" was saved`, {
        action: { label: 'Show recipes', onClick: () => void navigate({ to: '/recipes' }) },
      });
      await queries.invalidateQueries({ queryKey: api.recipes.key() });
    },
  });
  const problem = save.error === null ? null : describeError(save.error);
  const taken = problem?.code === 'recipe_name_in_use' ? problem.title : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Save as recipe"
      description="Every setting of this model is kept, without its names and its token. New models can be made from it."
    >
      <form onSubmit={submit} className="grid grid-cols-1 gap-4">
        <Labelled label="Recipe name" error={taken ?? issueOf(problem, 'name')}>
          {(control) => <TextInput {...control} value={name} onChange={(event) => setName(event.target.value)} />}
        </Labelled>
        <Labelled label="Description" hint="What it is good for.">
          {(control) => (
            <TextArea
              {...control}
              rows={3}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Labelled>
        {problem === null || taken !== null ? null : <ErrorPanel what="The recipe was not saved" problem={problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={save.isPending} disabled={name.trim() === ''}>
            Save recipe
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
