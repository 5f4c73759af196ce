import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { BookMarked, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Recipe } from '#contract/recipes.ts';
import { api } from '../../api/client.ts';
import { ModelTabs } from '../../parts/model-tabs.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { count } from '../../ui/format.ts';
import { Card, Page } from '../../ui/page.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { useSettled } from '../../ui/settled.ts';
import { Empty } from '../../ui/state.tsx';
import { useLeaving } from './recipe-deletion.ts';
import { RecipeRow } from './recipe-row.tsx';

const ENGINES = [
  { value: 'all', label: 'All' },
  { value: 'llamacpp', label: 'llama.cpp' },
  { value: 'vllm', label: 'vLLM' },
] as const;
type EngineChoice = (typeof ENGINES)[number]['value'];

const QUIET_MS = 200;
const MOST = 1000;

/** Configurations kept to make models from. */
export function RecipesPage() {
  const [search, setSearch] = useState('');
  const [engine, setEngine] = useState<EngineChoice>('all');
  const settled = useSettled(search.trim(), QUIET_MS);
  const recipes = useQuery(
    api.recipes.list.queryOptions({
      input: {
        limit: MOST,
        ...(settled === '' ? {} : { q: settled }),
        ...(engine === 'all' ? {} : { engine_type: engine }),
      },
      placeholderData: keepPreviousData,
    }),
  );
  const leaving = useLeaving((state) => state.ids);
  const staying = recipes.data?.filter(({ id }) => !leaving.has(id));
  const narrowed = settled !== '' || engine !== 'all';
  return (
    <Page
      title="Recipes"
      note={<ModelTabs current="recipes" />}
      actions={
        <Link to="/models/new" className={buttonClass({ tone: 'primary' })}>
          <Plus aria-hidden />
          Add model
        </Link>
      }
    >
      <Card className="overflow-hidden">
        <div className="flex min-h-12 flex-wrap items-center gap-3 border-b px-4 py-2">
          <SearchField
            label="Search recipes"
            placeholder="Search by name, description or model"
            className="max-w-80 flex-1"
            value={search}
            onChange={setSearch}
          />
          <Segments label="Engine" value={engine} options={ENGINES} onChange={setEngine} />
          <output className="ml-auto text-dim tabular-nums">
            {staying === undefined ? '' : `${count(staying.length)} ${narrowed ? 'found' : 'saved'}`}
          </output>
        </div>
        <QueryView query={recipes} failure="The recipes could not be loaded">
          {() => <RecipeList recipes={staying ?? []} narrowed={narrowed} />}
        </QueryView>
      </Card>
    </Page>
  );
}

function RecipeList({ recipes, narrowed }: { readonly recipes: readonly Recipe[]; readonly narrowed: boolean }) {
  if (recipes.length > 0)
    return (
      <ul aria-label="Recipes" className="divide-y">
        {recipes.map((recipe) => (
          <RecipeRow key={recipe.id} recipe={recipe} />
        ))}
      </ul>
    );
  if (narrowed) return <p className="px-4 py-10 text-center text-dim">No recipe matches.</p>;
  return (
    <Empty
      icon={BookMarked}
      title="No recipes yet"
      actions={
        <Link to="/models" className={buttonClass()}>
          Go to the models
        </Link>
      }
    >
      A recipe keeps every setting of a model that works well, without its names and secrets. Save one from a model’s
      menu; new models are then made from it in a moment.
    </Empty>
  );
}
