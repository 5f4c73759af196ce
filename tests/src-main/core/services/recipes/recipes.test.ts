import { afterEach, beforeEach, expect, it } from 'vitest';
import { Recipes } from '../../../../../src-main/core/services/recipes/recipes.ts';
import { configurationOf } from '../../../../../src-main/core/services/models/configuration.ts';
import { readValidCreate } from '../../../../../src-main/core/services/models/model-input.ts';
import { ModelTable } from '../../../../../src-main/core/store/models.ts';
import { openStore, type Store } from '../../../../../src-main/core/store/open.ts';
import { RecipeTable } from '../../../../../src-main/core/store/recipes.ts';
import { llamacppFields } from '../../../../../src-main/domain/engine/llamacpp/fields.ts';
import { SAMPLE_MACHINE, sampleValue } from '../../../../fixtures/sample-fields.ts';

let db: Store;
let models: ModelTable;
let recipes: Recipes;
let now = 0;
const context = { seal: (text: string) => `sealed ${text}`, runtime: 'process' as const };
const all = { q: null, engineType: null, limit: 100, offset: 0 };
beforeEach(() => {
  now = 5_000;
  db = openStore(':memory:');
  models = new ModelTable(db);
  recipes = new Recipes({ table: new RecipeTable(db), models, clock: { now: () => now } });
});
afterEach(() => void db.close());

const addModel = (more: object = {}) =>
  models.insert(
    readValidCreate(
      { name: 'My Model', served_model_name: 'mine', engine_type: 'llamacpp', local_path: '/m/a.gguf', ...more },
      context,
    ).settings,
    0,
  );
const codeOf = (work: () => unknown) => {
  try {
    work();
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

it('every field of the table comes through a recipe and back (Cortex dropped half of them), the token does not', () => {
  const fields = Object.fromEntries(llamacppFields.rows.map((row) => [row.name, sampleValue(row, SAMPLE_MACHINE)]));
  const id = addModel({
    engine_digest: `sha256:${'a'.repeat(64)}`,
    engine_image: 'org/image:1',
    hf_token: 'hf_secret',
  });
  const stored = models.get(id);
  if (!stored) throw new Error('not stored');
  models.update(id, { ...stored, fields }, 1);
  const recipe = recipes.fromModel(id, { name: 'Saved', description: 'all of it' });
  expect(JSON.stringify(recipe)).not.toContain('hf_secret');
  expect(recipe.configuration).not.toHaveProperty('name');
  expect(recipe.configuration).not.toHaveProperty('served_model_name');
  expect(recipe).toMatchObject({ model_name: 'My Model', engine_type: 'llamacpp', created_at: 5 });
  const { engine_type, runtime, mode, task, local_path, engine_image, engine_digest, ...rest } = recipe.configuration;
  expect(rest).toEqual(fields);
  expect([engine_type, runtime, mode, task, local_path, engine_image, engine_digest]).toEqual([
    'llamacpp',
    'process',
    'offline',
    'generate',
    '/m/a.gguf',
    'org/image:1',
    `sha256:${'a'.repeat(64)}`,
  ]);
});

it('a recipe makes a model with the same configuration', () => {
  const id = addModel({ ngl: 0, temperature: 0, custom_request_json: '{"seed":1}', flash_attention: false });
  const { configuration } = recipes.fromModel(id, { name: 'r', description: '' });
  const { settings } = readValidCreate({ ...configuration, name: 'other', served_model_name: 'other' }, context);
  expect(configurationOf(settings)).toEqual(configuration);
  expect(configuration).toMatchObject({ ngl: 0, temperature: 0, flash_attention: false });
});

it('outlives its model, and does not change with it', () => {
  const id = addModel({ ngl: 3 });
  const recipe = recipes.fromModel(id, { name: 'r', description: '' });
  models.delete(id);
  expect(recipes.get(recipe.id)).toEqual(recipe);
});

it('one that is written is read as a new model is: wrong fields are refused, old names become the present ones', () => {
  const create = (configuration: Record<string, unknown>, name = 'r') =>
    recipes.create({ name, description: '', configuration });
  expect(create({ engine_type: 'llamacpp', no_mmap: true, name: 'Old' })).toMatchObject({
    configuration: { engine_type: 'llamacpp', load_mode: 'none' },
    model_name: 'Old',
  });
  expect(create({ engine_type: 'llamacpp' }, 's').configuration).not.toHaveProperty('runtime');
  for (const wrong of [{}, { engine_type: 'llamacpp', ngl: 'many' }, { engine_type: 'llamacpp', hf_token: 'hf_x' }]) {
    expect(codeOf(() => create(wrong, 't'))).toBe('validation_failed');
  }
});

it('a name is taken once, in whatever case; renaming respects that', () => {
  const one = recipes.create({ name: 'One', description: '', configuration: { engine_type: 'llamacpp' } });
  const two = recipes.create({ name: 'Two', description: '', configuration: { engine_type: 'llamacpp' } });
  expect(codeOf(() => recipes.update(two.id, { name: 'ONE' }))).toBe('recipe_name_in_use');
  now = 9_000;
  expect(recipes.update(one.id, { name: 'ONE' })).toMatchObject({ name: 'ONE', description: '', updated_at: 9 });
  recipes.remove(one.id);
  expect(codeOf(() => recipes.get(one.id))).toBe('not_found');
  expect(codeOf(() => recipes.remove(one.id))).toBe('not_found');
  expect(codeOf(() => recipes.fromModel(99, { name: 'x', description: '' }))).toBe('not_found');
});

it('are found by name, description and model name, whatever stands in the query', () => {
  const id = addModel({ name: '100% Local_Model' });
  recipes.fromModel(id, { name: 'A', description: '' });
  recipes.create({ name: 'B', description: 'for local use', configuration: { engine_type: 'llamacpp' } });
  recipes.create({ name: 'C', description: '', configuration: { engine_type: 'llamacpp' } });
  const names = (q: string) => recipes.list({ ...all, q }).map(({ name }) => name);
  expect([names('LOCAL'), names('%'), names('_'), names('c')]).toEqual([['B', 'A'], ['A'], ['A'], ['C', 'B', 'A']]);
  expect(recipes.list({ ...all, limit: 1, offset: 1 }).map(({ name }) => name)).toEqual(['B']);
  expect(recipes.list({ ...all, engineType: 'vllm' })).toEqual([]);
});
