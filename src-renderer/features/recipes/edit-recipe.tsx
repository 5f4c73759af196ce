import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { Recipe } from '#contract/recipes.ts';
import { api, client } from '../../api/client.ts';
import { describeError, issueOf } from '../../api/errors.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Labelled, TextArea, TextInput } from '../../ui/field.tsx';
import { ErrorPanel } from '../../ui/state.tsx';

interface EditProps {
  readonly recipe: Recipe;
  readonly onClose: () => void;
}

export function EditRecipe({ recipe, onClose }: EditProps) {
  const [name, setName] = useState(recipe.name);
  const [description, setDescription] = useState(recipe.description);
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => client.recipes.update({ id: recipe.id, name: name.trim(), description }),
    onSuccess: async () => {
      onClose();
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
    <Dialog open onOpenChange={onClose} title={`Rename or describe "${recipe.name}"`}>
      <form onSubmit={submit} className="grid grid-cols-1 gap-4">
        <Labelled label="Recipe name" error={taken ?? issueOf(problem, 'name')}>
          {(control) => <TextInput {...control} value={name} onChange={(event) => setName(event.target.value)} />}
        </Labelled>
        <Labelled label="Description" error={issueOf(problem, 'description')}>
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
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
