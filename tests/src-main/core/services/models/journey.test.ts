import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Exchange } from '../../../../../src-main/core/services/exchange/exchange.ts';
import { Recipes } from '../../../../../src-main/core/services/recipes/recipes.ts';
import { RecipeTable } from '../../../../../src-main/core/store/recipes.ts';
import { validateConfiguration, type FieldValue } from '../../../../../src-main/domain/engine/field-table.ts';
import { driverOf } from '../../../../../src-main/domain/engine/registry.ts';
import { DOCKER_READY, FakeDocker } from '../../../../fakes/containers.ts';
import { SAMPLE_MACHINE, sampleValue } from '../../../../fixtures/sample-fields.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

const signal = () => AbortSignal.timeout(20_000);

/** As many fields at once as do not exclude each other; every path is a file that is there. */
function fullConfiguration(engine: 'llamacpp' | 'vllm'): Record<string, FieldValue> {
  const { table } = driverOf(engine);
  const fields: Record<string, FieldValue> = {};
  for (const row of table.rows) {
    const value = row.isPath || row.orHubId ? SELF_TEST_MODEL : sampleValue(row, SAMPLE_MACHINE);
    if (value === null) continue;
    const paths = row.pathsIn(value);
    if (paths.length > 0) continue;
    const { issues } = validateConfiguration(table, 'generate', { ...fields, [row.name]: value });
    if (issues.length === 0) fields[row.name] = value;
  }
  return fields;
}

it.each(['llamacpp', 'vllm'] as const)(
  '%s: a configuration survives create, read, a patch of one field, a recipe, its use, and YAML without losing a value',
  async (engine) => {
    const docker = new FakeDocker(DOCKER_READY);
    await using bench = new Workbench({ executable: null, containers: docker });
    const db = new Database(join(bench.dataDir, 'cortex.db'));
    const recipes = new Recipes({ table: new RecipeTable(db), models: bench.table, clock: { now: () => 1 } });
    const exchange = new Exchange({ models: bench.table, sources: bench.sources });
    const given = fullConfiguration(engine);
    expect(Object.keys(given).length).toBeGreaterThan(40);

    const first = await bench.models.create({
      name: 'First',
      served_model_name: 'first',
      engine_type: engine,
      runtime: 'container',
      engine_image: 'some/image:1',
      local_path: SELF_TEST_MODEL,
      ...given,
    });
    const shown = (id: number) => {
      const model = bench.models.get(id);
      return Object.fromEntries(driverOf(engine).table.rows.map(({ name }) => [name, model[name]]));
    };
    const all = shown(first.id);
    expect(all).toMatchObject(given);

    await bench.models.update(first.id, { temperature: 0 });
    expect(shown(first.id)).toEqual({ ...all, temperature: 0 });
    // What a window sends back whole changes nothing.
    await bench.models.update(first.id, bench.models.get(first.id));
    expect(shown(first.id)).toEqual({ ...all, temperature: 0 });

    const recipe = recipes.fromModel(first.id, { name: 'Saved', description: '' });
    const second = await bench.models.create({
      ...recipes.get(recipe.id).configuration,
      name: 'Second',
      served_model_name: 'second',
    });
    expect(shown(second.id)).toEqual(shown(first.id));

    const { text } = await exchange.export(second.id, 'cortex', signal());
    const third = await bench.models.create({ ...exchange.parse(text).draft, served_model_name: 'third' });
    expect(shown(third.id)).toEqual(shown(first.id));
    expect(bench.models.get(third.id)).toMatchObject({ engine_image: 'some/image:1', runtime: 'container' });
    db.close();
  },
);
