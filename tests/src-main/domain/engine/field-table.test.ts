import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changedFields,
  compareVersions,
  describeFields,
  requestDefaultsOf,
  validateConfiguration,
  type MachineFacts,
} from '../../../../src-main/domain/engine/field-table.ts';
import { llamacppFields as table } from '../../../../src-main/domain/engine/llamacpp/fields.ts';
import { driverOf } from '../../../../src-main/domain/engine/registry.ts';
import { FieldSpec } from '../../../../src-main/contract/engines.ts';

const machine: MachineFacts = { logicalCores: 8, physicalCores: 4, totalMemoryBytes: 32 * 2 ** 30, backend: 'cpu' };
const validate = (input: Record<string, unknown>) => validateConfiguration(table, 'generate', input);
const messages = (input: Record<string, unknown>) => validate(input).issues.map((i) => `${i.field}: ${i.message}`);

describe('a configuration', () => {
  it('keeps zero and false, so that a CPU-only run and temperature 0 can be said', () => {
    const { fields, issues } = validate({ ngl: 0, temperature: 0, cont_batching: false, top_p: null, threads: '' });
    expect(issues).toEqual([]);
    expect(fields).toEqual({ ngl: 0, temperature: 0, cont_batching: false });
  });

  it('refuses an unknown name by that name, and says which one was meant', () => {
    expect(messages({ contextSize: 4096 })).toEqual([
      'contextSize: is not a field of llamacpp; did you mean "context_size"?',
    ]);
    expect(messages({ sise: 2 })).toEqual(['sise: is not a field of llamacpp']);
  });

  it('names range, choices and type in words', () => {
    expect(messages({ ngl: 1000 })).toEqual(['ngl: must be between 0 and 999 layers']);
    expect(messages({ parallel_slots: 1.5 })).toEqual(['parallel_slots: must be a whole number']);
    expect(messages({ cache_type_k: 'q9' })[0]).toMatch(/must be one of f32, f16/);
    expect(messages({ jinja_enabled: 'yes' })).toEqual(['jinja_enabled: must be true or false']);
    expect(messages({ chat_template: 'a\0b' })).toEqual(['chat_template: must not hold a NUL character']);
    expect(messages({ custom_request_json: '[1]' })[0]).toMatch(/JSON object/);
    expect(messages({ custom_request_json: '{"stream": true}' })[0]).toMatch(/"stream".*no default/);
  });

  it('sees what only shows between fields', () => {
    expect(messages({ cache_type_v: 'q8_0', flash_attention: false })[0]).toMatch(/flash attention/);
    expect(messages({ cache_type_v: 'q8_0' })).toEqual([]);
    expect(messages({ draft_n: 4 })).toEqual(['draft_n: needs a draft model, or a way of guessing']);
    expect(messages({ chat_template: 'chatml', chat_template_file: 'a.jinja' })).toHaveLength(1);
    expect(messages({ kv_unified: false, context_size: 1024, parallel_slots: 64 })).toHaveLength(1);
  });

  it('rewrites the memory locks of older versions', () => {
    expect(validate({ mlock: true }).fields).toEqual({ load_mode: 'mmap+mlock' });
    expect(validate({ mlock: true, no_mmap: true }).fields).toEqual({ load_mode: 'mlock' });
    expect(validate({ no_mmap: true }).fields).toEqual({ load_mode: 'none' });
    expect(validate({ mlock: false, no_mmap: false }).fields).toEqual({});
  });

  it('never throws, whatever is sent', () => {
    const names = fc.oneof(fc.constantFrom(...table.rows.map((row) => row.name)), fc.string());
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), (input) => {
        const { fields } = validate(input);
        for (const name of Object.keys(fields)) expect(table.rows.some((row) => row.name === name)).toBe(true);
      }),
    );
  });
});

describe('the table', () => {
  it.each(['llamacpp', 'vllm'] as const)('of %s has one row a name, each in the contract’s shape', (engine) => {
    const described = describeFields(driverOf(engine).table, machine);
    expect(new Set(described.map((row) => row.name)).size).toBe(described.length);
    for (const row of described) expect(FieldSpec.parse(row)).toEqual(row);
  });

  it('needs a restart only for what the engine reads', () => {
    const changed = changedFields(table, { ngl: 1, temperature: 0.5 }, { ngl: 1, temperature: 0, context_size: 512 });
    expect(changed.map((row) => [row.name, row.appliesTo])).toEqual([
      ['context_size', 'engine'],
      ['temperature', 'request'],
    ]);
  });

  it('merges the owner’s own request defaults over the fields', () => {
    const fields = { temperature: 0, repetition_penalty: 1.1, custom_request_json: '{"temperature": 1, "seed": 7}' };
    expect(requestDefaultsOf(table, fields)).toEqual({ temperature: 1, repeat_penalty: 1.1, seed: 7 });
  });

  it('orders versions by number, not by text', () => {
    expect(compareVersions('v0.10.0', '0.9.1')).toBeGreaterThan(0);
    expect(compareVersions('0.5.0-dev', 'v0.5.0')).toBe(0);
    expect(compareVersions('unknown', 'v9.9')).toBeGreaterThan(0);
  });
});
