import { AppError } from '../../src-main/contract/errors.ts';
import type { Model } from '../../src-main/contract/models.ts';
import type { Recipe } from '../../src-main/contract/recipes.ts';
import type { Registry, RegistryEntry } from '../../src-main/contract/upstreams.ts';
import { readPastedCommand } from '../../src-main/domain/exchange/pasted-command.ts';
import { os } from './admin-implementer.ts';
import { exportOf } from './admin-plan.ts';
import { RECIPES, REGISTRY, upstreamsOf } from './admin-surroundings.ts';

/** Recipes, upstreams, and configurations in and out: the part of the admin double that stands beside the models. */

const now = () => Date.now() / 1000;

export function exchangeRoutes(modelOf: (id: number) => Model) {
  return {
    export: os.exchange.export.handler(({ input }) => exportOf(modelOf(input.id), input.format)),
    parse: os.exchange.parse.handler(({ input }) => {
      const parsed = readPastedCommand(input.text);
      if ('message' in parsed) {
        throw new AppError('validation_failed', { issues: [{ field: 'text', message: parsed.message }] });
      }
      return { ...parsed, conversions: [...parsed.conversions], dropped: [...parsed.dropped] };
    }),
  };
}

export function recipeRoutes(modelOf: (id: number) => Model, empty: boolean) {
  const recipes = new Map<number, Recipe>(empty ? [] : RECIPES.map((recipe) => [recipe.id, recipe]));
  const save = (recipe: Omit<Recipe, 'id' | 'created_at' | 'updated_at'>): Recipe => {
    if ([...recipes.values()].some(({ name }) => name === recipe.name))
      throw new AppError('recipe_name_in_use', { name: recipe.name });
    const saved = { ...recipe, id: Math.max(0, ...recipes.keys()) + 1, created_at: now(), updated_at: now() };
    recipes.set(saved.id, saved);
    return saved;
  };
  const recipeOf = (id: number): Recipe => {
    const recipe = recipes.get(id);
    if (recipe === undefined) throw new AppError('not_found', { what: `Recipe ${id}` });
    return recipe;
  };
  return {
    list: os.recipes.list.handler(({ input }) =>
      [...recipes.values()].filter(
        (recipe) =>
          (input.engine_type === undefined || recipe.engine_type === input.engine_type) &&
          `${recipe.name} ${recipe.description} ${recipe.model_name ?? ''}`
            .toLowerCase()
            .includes((input.q ?? '').toLowerCase()),
      ),
    ),
    get: os.recipes.get.handler(({ input }) => recipeOf(input.id)),
    create: os.recipes.create.handler(({ input }) =>
      save({
        ...input,
        engine_type: input.configuration['engine_type'] === 'vllm' ? 'vllm' : 'llamacpp',
        model_name: null,
      }),
    ),
    fromModel: os.recipes.fromModel.handler(({ input: { model_id: id, name, description } }) => {
      const model = modelOf(id);
      const { engine_type, runtime, task, local_path, repo_id } = model;
      const configuration = { engine_type, runtime, task, local_path, repo_id };
      return save({ name, description, engine_type, model_name: model.name, configuration });
    }),
    update: os.recipes.update.handler(({ input: { id, ...patch } }) => {
      const known = recipeOf(id);
      if (
        patch.name !== undefined &&
        [...recipes.values()].some((other) => other.id !== id && other.name === patch.name)
      )
        throw new AppError('recipe_name_in_use', { name: patch.name });
      const next: Recipe = {
        ...known,
        name: patch.name ?? known.name,
        description: patch.description ?? known.description,
        updated_at: now(),
      };
      recipes.set(id, next);
      return next;
    }),
    remove: os.recipes.remove.handler(({ input }) => {
      recipes.delete(input.id);
      return { status: 'ok' as const };
    }),
  };
}

export function upstreamRoutes(empty: boolean) {
  const registry = new Map<string, RegistryEntry>(empty ? [] : Object.entries(REGISTRY));
  const view = (): Registry => Object.fromEntries(registry);
  const drop = (name: string | undefined, url: string | undefined) => {
    for (const [served, entry] of registry) {
      if (name !== undefined && served !== name) continue;
      const left = entry.upstreams.filter((upstream) => url !== undefined && upstream.url !== url);
      if (left.length === 0) registry.delete(served);
      else registry.set(served, { ...entry, upstreams: left });
    }
    return { status: 'ok' as const };
  };
  return {
    list: os.upstreams.list.handler(() => upstreamsOf(view())),
    registry: os.upstreams.registry.handler(view),
    refresh: os.upstreams.refresh.handler(({ input }) => ({
      results: (input?.urls ?? []).map((url) => ({ url, status: 'ok', elapsed_sec: 0.01 })),
    })),
    add: os.upstreams.add.handler(({ input }) => {
      const entry = registry.get(input.served_name);
      const known = entry?.upstreams.find(({ url }) => url === input.url);
      const upstream = {
        url: input.url,
        task: input.task ?? known?.task ?? ('generate' as const),
        engine_type: input.engine_type ?? known?.engine_type ?? null,
        upstream_model: input.upstream_model === undefined ? (known?.upstream_model ?? null) : input.upstream_model,
        has_api_key: input.api_key === undefined ? (known?.has_api_key ?? false) : input.api_key !== null,
        model_id: null,
        enabled: input.enabled ?? known?.enabled ?? true,
      };
      const others = (entry?.upstreams ?? []).filter(({ url }) => url !== input.url);
      const upstreams =
        known === undefined
          ? [...others, upstream]
          : (entry?.upstreams ?? []).map((each) => (each === known ? upstream : each));
      registry.set(input.served_name, {
        url: input.url,
        task: upstream.task,
        engine_type: upstream.engine_type,
        upstreams,
      });
      return { status: 'ok' };
    }),
    remove: os.upstreams.remove.handler(({ input }) => drop(input.query?.served_name, input.query?.url)),
    removeNamed: os.upstreams.removeNamed.handler(({ input }) => drop(input.params.served_name, input.query?.url)),
  };
}
