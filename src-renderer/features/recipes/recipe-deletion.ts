import { useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { create } from 'zustand';
import type { Recipe } from '#contract/recipes.ts';
import { api, client } from '../../api/client.ts';
import { toastFailure } from '../../parts/failure-toast.ts';

/** Recipes that are about to be deleted: out of sight already, and whole until the offer to undo has passed. */
export const useLeaving = create<{ readonly ids: ReadonlySet<number> }>(() => ({ ids: new Set() }));

function setLeaving(id: number, leaves: boolean): void {
  useLeaving.setState(({ ids }) => {
    const next = new Set(ids);
    if (leaves) next.add(id);
    else next.delete(id);
    return { ids: next };
  });
}

const UNDO_MS = 8_000;

/** Deletes once nobody has undone it: a recipe made again would not know the model it came from. */
export function useDeleteRecipe() {
  const queries = useQueryClient();
  return ({ id, name }: Recipe) => {
    // The offer ends once: taken, closed, or passed.
    let ended = false;
    const undo = () => {
      ended = true;
      setLeaving(id, false);
    };
    const remove = async () => {
      if (ended) return;
      ended = true;
      try {
        await client.recipes.remove({ id });
        await queries.invalidateQueries({ queryKey: api.recipes.key() });
      } catch (error) {
        toastFailure(`"${name}" was not deleted`, error);
      }
      setLeaving(id, false);
    };
    setLeaving(id, true);
    toast(`The recipe "${name}" was deleted`, {
      action: { label: 'Undo', onClick: undo },
      duration: UNDO_MS,
      onAutoClose: () => void remove(),
      onDismiss: () => void remove(),
    });
  };
}
