import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Launch } from '../../../../src-main/domain/engine/driver.ts';
import {
  requestDefaultsOf,
  validateConfiguration,
  type EngineName,
  type FieldRow,
  type FieldValue,
} from '../../../../src-main/domain/engine/field-table.ts';
import { driverOf } from '../../../../src-main/domain/engine/registry.ts';

const ENGINES: readonly EngineName[] = ['llamacpp', 'vllm'];

function launchOf(engine: EngineName): Launch {
  return {
    runtime: 'container',
    modelPath: engine === 'vllm' ? '/models/m' : '/models/m.gguf',
    servedName: 'm',
    task: 'generate',
    host: '0.0.0.0',
    port: 8000,
    key: 'k',
    version: engine === 'vllm' ? '0.33.0' : 'v0.5.0',
    machine: { logicalCores: 8, physicalCores: 4, totalMemoryBytes: 16 * 2 ** 30, backend: 'cuda' },
    knownFlags: null,
    hubToken: null,
    header: null,
    paths: {},
  };
}

/** Values where the type alone says too little. */
const SAMPLES: Readonly<Record<string, FieldValue>> = {
  selected_gpus: ['0', 'GPU-1a2b'],
  entrypoint_override: ['vllm', 'serve'],
  cuda_graph_sizes: ['1', '2', '4'],
  tensor_split: '3,1',
  override_tensor: 'exps=CPU',
  lora_adapters_json: '["lora/a","lora/b"]',
  engine_startup_args_json: '[{"flag":"--watermark","type":"float","value":0.1},{"flag":"--no-perf","type":"flag"}]',
  engine_startup_env_json: '[{"key":"NCCL_DEBUG","value":"INFO"}]',
  max_lora_rank: 64,
  max_cpu_loras: 2,
  spec_type: 'ngram-simple',
};

/** Fields that mean something only beside another. */
const BESIDE: Readonly<Record<string, Record<string, FieldValue>>> = { pooling: { enable_embeddings: true } };

function samplesOf(row: FieldRow): FieldValue[] {
  const fixed = SAMPLES[row.name];
  if (fixed !== undefined) return [fixed];
  switch (row.type) {
    case 'boolean':
      return [true, false];
    case 'integer':
      return [row.min, (row.min ?? 0) + 7];
    case 'number':
      return [row.min, 0.5];
    case 'choice':
      return [...(row.choices ?? [])].slice(0, 2);
    case 'list':
      return [['a', 'b']];
    case 'string':
      return row.check('{"a":1}') === null && row.check('x') !== null ? ['{"a":1}'] : [row.suggestions?.[1] ?? 'x=y'];
  }
}

function valid(row: FieldRow): FieldValue[] {
  const inRange = (value: FieldValue) =>
    typeof value !== 'number' || (value >= (row.min ?? value) && value <= (row.max ?? value));
  return samplesOf(row).filter((value) => value !== null && inRange(value) && row.check(value) === null);
}

/** What one field changes of the command, as lines a person can read. */
function renderAll(engine: EngineName): string {
  const { command, table } = driverOf(engine);
  const empty = command({}, launchOf(engine));
  const out = [`# ${engine}: the command without any field`, [...empty.subcommand, ...empty.args].join(' '), ''];
  for (const row of table.rows) {
    for (const value of valid(row)) {
      const beside = BESIDE[row.name] ?? {};
      const plain = command(beside, launchOf(engine));
      const fields = { ...beside, [row.name]: value };
      const { args, env, unsupported } = command(fields, launchOf(engine));
      expect([row.name, unsupported]).toEqual([row.name, []]);
      const added = difference(args, plain.args);
      const removed = difference(plain.args, args);
      const set = Object.entries(env).filter(([name, text]) => plain.env[name] !== text);
      const requests = Object.entries(requestDefaultsOf(table, { [row.name]: value }));
      const parts = [
        ...(added.length > 0 ? [added.join(' ')] : []),
        ...(removed.length > 0 ? [`instead of ${removed.join(' ')}`] : []),
        ...set.map(([name, text]) => `${name}=${text}`),
        ...requests.map(([name, text]) => `request ${name}=${JSON.stringify(text)}`),
        ...(row.appliesTo === 'runtime' || row.appliesTo === 'supervisor' ? [`by the ${row.appliesTo}`] : []),
      ];
      out.push(`${row.name} = ${JSON.stringify(value)}: ${parts.join('; ') || 'as without it'}`);
    }
  }
  return `${out.join('\n')}\n`;
}

/** Arguments of `left` that stand between the common beginning and end of both, from a flag on. */
function difference(left: readonly string[], right: readonly string[]): readonly string[] {
  let from = 0;
  while (from < left.length && left[from] === right[from]) from += 1;
  let behind = 0;
  const most = Math.min(left.length, right.length) - from;
  while (behind < most && left.at(-1 - behind) === right.at(-1 - behind)) behind += 1;
  if (from === left.length - behind) return [];
  while (from > 0 && !/^--?[A-Za-z]/.test(left[from] ?? '')) from -= 1;
  return left.slice(from, left.length - behind);
}

describe.each(ENGINES)('every field of %s', (engine) => {
  const golden = new URL(`../../../golden/${engine}-fields.txt`, import.meta.url);
  const { table, command } = driverOf(engine);

  it('becomes the same flag or variable as ever (UPDATE_GOLDEN=1 writes it anew)', () => {
    const text = renderAll(engine);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
    for (const row of table.rows) expect(text).toContain(`\n${row.name} = `);
  });

  it('is told in a row of its own, with words a person understands', () => {
    expect(new Set(table.rows.map((row) => row.name)).size).toBe(table.rows.length);
    for (const row of table.rows) {
      expect([row.name, row.help.length > 5, /[.:)]$/.test(row.help.trim())]).toEqual([row.name, true, true]);
      expect([row.name, row.label.length > 2]).toEqual([row.name, true]);
    }
  });

  it('has its flags to itself', () => {
    const owners = new Map<string, string>();
    // Two fields for one template: a text, or a file.
    const shared = new Set(['--chat-template', '--speculative-config']);
    for (const row of table.rows) {
      for (const flag of row.spellings.filter((spelling) => !shared.has(spelling))) {
        expect([flag, owners.get(flag) ?? row.name]).toEqual([flag, row.name]);
        owners.set(flag, row.name);
      }
    }
  });

  it('is sent when it is zero', () => {
    for (const row of table.rows) {
      if (row.appliesTo !== 'engine' || (row.min ?? 1) > 0 || row.type === 'boolean' || row.check(0) !== null) continue;
      const { args, env } = command({ [row.name]: 0 }, launchOf(engine));
      expect([row.name, args.includes('0') || Object.values(env).includes('0')]).toEqual([row.name, true]);
    }
  });

  it('keeps its value when it is read back', () => {
    for (const row of table.rows) {
      for (const value of valid(row)) {
        const once = validateConfiguration(table, 'generate', { [row.name]: value }).fields;
        const again = validateConfiguration(
          table,
          'generate',
          JSON.parse(JSON.stringify(once)) as Record<string, unknown>,
        );
        expect([row.name, again.fields]).toEqual([row.name, { [row.name]: value }]);
      }
    }
  });

  it('is never made into an error or a second argument by what is written into it', () => {
    const names = fc.oneof(fc.constantFrom(...table.rows.map((row) => row.name)), fc.string());
    const values = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.constantFrom('--api-key', '-1', '0', '[0]', '{"a":1}', '1,2'),
    );
    fc.assert(
      fc.property(
        fc.dictionary(names, values),
        fc.constantFrom('generate' as const, 'embed' as const),
        (input, task) => {
          const { fields, issues } = validateConfiguration(table, task, input);
          if (issues.length > 0) return;
          const { args } = command(fields, { ...launchOf(engine), task });
          expect(args.every((argument) => typeof argument === 'string')).toBe(true);
          expect(args).not.toContain('--api-key');
        },
      ),
      { numRuns: 300 },
    );
  });
});
