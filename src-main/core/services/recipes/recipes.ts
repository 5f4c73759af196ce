import { AppError } from '../../../contract/errors.ts';
import type { Recipe, RecipeCreate, RecipeFromModel, RecipePatch } from '../../../contract/recipes.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelSettings, ModelTable } from '../../store/models.ts';
import { RecipeNameTakenError, type RecipeRecord, type RecipeSearch, type RecipeTable } from '../../store/recipes.ts';
import { configurationOf } from '../models/configuration.ts';
import { readCreate } from '../models/model-input.ts';

export interface RecipesOptions {
  readonly table: RecipeTable;
  readonly models: ModelTable;
  readonly clock: Clock;
}

/** Where a model comes from; a recipe without a source is for whatever model it is used with. */
const SOURCES = new Set(['local_path', 'repo_id']);

/** Saved configurations, to make models of. */
export class Recipes {
  readonly #table: RecipeTable;
  readonly #models: ModelTable;
  readonly #clock: Clock;

  constructor({ table, models, clock }: RecipesOptions) {
    this.#table = table;
    this.#models = models;
    this.#clock = clock;
  }

  /** Newest first. */
  list(search: RecipeSearch): Recipe[] {
    return this.#table.search(search).map(toRecipe);
  }

  /** Throws AppError `not_found`, as all that take an id do. */
  get(id: number): Recipe {
    return toRecipe(this.#record(id));
  }

  /** The configuration is read as a new model's is; names of older versions become the present ones. */
  create({ name, description, configuration }: RecipeCreate): Recipe {
    const { settings, modelName } = readConfiguration(configuration);
    return this.#insert({ name, description, modelName }, settings);
  }

  /** A snapshot: changes to the model afterwards leave it as it is. */
  fromModel(modelId: number, { name, description }: RecipeFromModel): Recipe {
    const model = this.#models.get(modelId);
    if (!model) throw new AppError('not_found', { what: `Model ${modelId}` });
    return this.#insert({ name, description, modelName: model.name }, configurationOf(model));
  }

  update(id: number, patch: RecipePatch): Recipe {
    const before = this.#record(id);
    const name = patch.name ?? before.name;
    refusingTakenNames(name, () =>
      this.#table.rename(id, name, patch.description ?? before.description, this.#clock.now()),
    );
    return this.get(id);
  }

  remove(id: number): void {
    if (!this.#table.delete(id)) throw new AppError('not_found', { what: `Recipe ${id}` });
  }

  #insert(
    words: Pick<RecipeRecord, 'name' | 'description' | 'modelName'>,
    configuration: Readonly<Record<string, unknown>>,
  ): Recipe {
    const engineType = configuration['engine_type'] === 'vllm' ? 'vllm' : 'llamacpp';
    const id = refusingTakenNames(words.name, () =>
      this.#table.insert({ ...words, engineType, configuration }, this.#clock.now()),
    );
    return this.get(id);
  }

  #record(id: number): RecipeRecord {
    const record = this.#table.get(id);
    if (!record) throw new AppError('not_found', { what: `Recipe ${id}` });
    return record;
  }
}

function readConfiguration(configuration: Readonly<Record<string, unknown>>) {
  const { name, served_model_name: _servedName, hf_token: token, ...rest } = configuration;
  if (token !== undefined && token !== null) {
    const message = 'a recipe holds no secrets; give the token to the model itself';
    throw new AppError('validation_failed', { issues: [{ field: 'configuration.hf_token', message }] });
  }
  const { settings, issues } = readCreate(
    { ...rest, name: 'recipe', served_model_name: 'recipe' },
    { seal: (text) => text, runtime: 'process' },
  );
  const wrong = issues.filter(({ field }) => !SOURCES.has(field) || (rest[field] ?? null) !== null);
  if (wrong.length > 0) {
    const named = wrong.map(({ field, message }) => ({ field: `configuration.${field}`, message }));
    throw new AppError('validation_failed', { issues: named });
  }
  return { settings: withoutGuesses(settings, rest), modelName: typeof name === 'string' ? name : null };
}

/** Which runtime a model gets that names none is for the machine to say that it is made on. */
function withoutGuesses(settings: ModelSettings, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { runtime, ...configuration } = configurationOf(settings);
  return given['runtime'] === undefined ? configuration : { ...configuration, runtime };
}

function refusingTakenNames<T>(name: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof RecipeNameTakenError)) throw error;
    throw new AppError('recipe_name_in_use', { name }, { cause: error });
  }
}

function toRecipe(record: RecipeRecord): Recipe {
  return {
    id: record.id,
    name: record.name,
    description: record.description,
    engine_type: record.engineType,
    model_name: record.modelName,
    configuration: { ...record.configuration },
    created_at: record.createdAt / 1000,
    updated_at: record.updatedAt / 1000,
  };
}
