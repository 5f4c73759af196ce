import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Recipe } from '#contract/recipes.ts';
import { api } from '../../api/client.ts';
import { engineName } from '../../parts/model-state.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { classNames } from '../../ui/class-names.ts';
import { SearchField } from '../../ui/search-field.tsx';
import { Badge } from '../../ui/state.tsx';

interface RecipeStepProps {
  /** The one a link led here with. */
  readonly wanted: number | null;
  readonly chosen: number | null;
  readonly onChoose: (recipe: Recipe) => void;
}

const MANY = 6;

/** One of the kept configurations. */
export function RecipeStep({ wanted, chosen, onChoose }: RecipeStepProps) {
  const recipes = useQuery(api.recipes.list.queryOptions({ input: { limit: 1000 } }));
  const [search, setSearch] = useState('');
  useEffect(() => {
    const meant = recipes.data?.find(({ id }) => id === wanted);
    if (chosen === null && meant !== undefined) onChoose(meant);
  }, [recipes.data, wanted, chosen, onChoose]);
  const found = (all: readonly Recipe[]) =>
    all.filter((recipe) => `${recipe.name} ${recipe.description}`.toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <QueryView query={recipes} failure="The recipes could not be loaded">
      {(all) =>
        all.length === 0 ? (
          <p className="px-4 py-4 text-dim">
            No recipe is kept yet. Save one from the menu of a model that works well.
          </p>
        ) : (
          <div className="grid grid-cols-1 gap-2 px-4 py-3">
            {all.length < MANY ? null : <SearchField label="Search recipes" value={search} onChange={setSearch} />}
            <fieldset aria-label="Recipes" className="max-h-72 min-w-0 overflow-y-auto rounded-md border p-1">
              {found(all).map((recipe) => (
                <button
                  key={recipe.id}
                  type="button"
                  aria-pressed={recipe.id === chosen}
                  onClick={() => onChoose(recipe)}
                  className={classNames(
                    'flex min-h-9 w-full items-center gap-2 rounded-sm px-2 py-1 text-left hover:bg-hover',
                    recipe.id === chosen && 'bg-selected',
                  )}
                >
                  <span className="min-w-0 flex-1">
                    <span className="block truncate font-medium">{recipe.name}</span>
                    {recipe.description === '' ? null : (
                      <span className="block truncate text-xs text-dim">{recipe.description}</span>
                    )}
                  </span>
                  <Badge>{engineName(recipe.engine_type)}</Badge>
                </button>
              ))}
            </fieldset>
          </div>
        )
      }
    </QueryView>
  );
}
