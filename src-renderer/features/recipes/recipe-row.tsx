import { Link } from '@tanstack/react-router';
import { Braces, ChevronRight, MoreHorizontal, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Recipe } from '#contract/recipes.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { engineName } from '../../parts/model-state.tsx';
import { buttonClass, IconButton } from '../../ui/button.tsx';
import { Code } from '../../ui/copy.tsx';
import { When } from '../../ui/figure.tsx';
import { count } from '../../ui/format.ts';
import { Menu } from '../../ui/menu.tsx';
import { Badge } from '../../ui/state.tsx';
import { EditRecipe } from './edit-recipe.tsx';
import { useDeleteRecipe } from './recipe-deletion.ts';

const OWN_LABELS: ReadonlyMap<string, string> = new Map([
  ['engine_image', 'Image'],
  ['engine_digest', 'Image digest'],
]);
/** Of the model itself, not settings somebody chose. */
const FRAME = new Set(['engine_type', 'runtime', 'mode', 'task', 'local_path', 'repo_id', 'engine_build_id']);

/** What a recipe sets: label and value, in the order of the configuration. */
export function settingsIn(
  recipe: Recipe,
  labels: ReadonlyMap<string, string>,
): readonly { readonly name: string; readonly label: string; readonly value: string }[] {
  return Object.entries(recipe.configuration)
    .filter(([name]) => !FRAME.has(name))
    .map(([name, value]) => {
      const text = valueText(value);
      return { name, label: OWN_LABELS.get(name) ?? labels.get(name) ?? name, value: text };
    });
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return count(value);
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function RecipeRow({ recipe }: { readonly recipe: Recipe }) {
  const specs = useEngineSpecs();
  const [open, setOpen] = useState(false);
  const [editing, setEditing] = useState(false);
  const remove = useDeleteRecipe();
  const fields = specs.data?.find((spec) => spec.engine_type === recipe.engine_type)?.fields ?? [];
  const settings = settingsIn(recipe, new Map(fields.map(({ name, label }) => [name, label])));
  return (
    <li className="px-4 py-3">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <div className="flex flex-wrap items-center gap-2">
            <span className="min-w-0 truncate font-medium">{recipe.name}</span>
            <Badge>{engineName(recipe.engine_type)}</Badge>
          </div>
          {recipe.description === '' ? null : <p className="wrap-anywhere">{recipe.description}</p>}
          <p className="text-xs text-dim">
            {recipe.model_name === null ? 'Written by hand' : `From ${recipe.model_name}`}, changed{' '}
            <When at={recipe.updated_at} />
          </p>
          <ul aria-label={`Settings of ${recipe.name}`} className="mt-1.5 flex flex-wrap gap-1.5">
            {settings.slice(0, SHOWN).map(({ name, label, value }) => (
              <li key={name} className="max-w-72 truncate rounded-sm border px-1.5 text-xs leading-5">
                <span className="text-dim">{label}</span> {value}
              </li>
            ))}
            {settings.length > SHOWN ? (
              <li className="px-1 text-xs leading-5 text-dim">{settings.length - SHOWN} more</li>
            ) : null}
          </ul>
        </div>
        <Link
          to="/models/new"
          search={{ recipe: recipe.id }}
          aria-label={`Use ${recipe.name}`}
          className={buttonClass({ size: 'small' })}
        >
          Use
        </Link>
        <Menu
          trigger={
            <IconButton label={`More for ${recipe.name}`}>
              <MoreHorizontal aria-hidden />
            </IconButton>
          }
          actions={[
            {
              label: open ? 'Hide the configuration' : 'View the configuration',
              icon: <Braces aria-hidden />,
              onSelect: () => setOpen(!open),
            },
            { label: 'Rename or describe', icon: <Pencil aria-hidden />, onSelect: () => setEditing(true) },
            { label: 'Delete', icon: <Trash2 aria-hidden />, danger: true, onSelect: () => remove(recipe) },
          ]}
        />
      </div>
      {open ? (
        <div className="mt-2">
          <Code text={JSON.stringify(recipe.configuration, null, 2)} what={`configuration of ${recipe.name}`} />
          <button
            type="button"
            onClick={() => setOpen(false)}
            className="mt-1 inline-flex h-7 items-center gap-1 rounded-sm text-xs text-dim hover:text-ink"
          >
            <ChevronRight aria-hidden className="size-3.5 rotate-90" />
            Hide the configuration
          </button>
        </div>
      ) : null}
      {editing ? <EditRecipe recipe={recipe} onClose={() => setEditing(false)} /> : null}
    </li>
  );
}

const SHOWN = 6;
