import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readModelConfig } from '../../../../src-main/domain/hf-config/model-config.ts';

const read = (config: object) => readModelConfig(JSON.stringify(config));

/** Numbers as the published config.json of each model has them. */
it.each([
  ['Llama 3.1 8B', { max_position_embeddings: 131_072, rope_scaling: { rope_type: 'llama3', factor: 8 } }, 131_072],
  ['Qwen3 8B', { max_position_embeddings: 40_960, rope_scaling: null }, 40_960],
  [
    'DeepSeek V2 Lite',
    {
      max_position_embeddings: 163_840,
      rope_scaling: { type: 'yarn', factor: 40, original_max_position_embeddings: 4096 },
    },
    163_840,
  ],
  ['GPT-2', { n_positions: 1024 }, 1024],
  ['a model that sees', { text_config: { max_position_embeddings: 131_072 }, max_position_embeddings: 5 }, 131_072],
  ['a linear stretch', { max_position_embeddings: 4096, rope_scaling: { type: 'linear', factor: 4 } }, 16_384],
  ['two lengths', { max_position_embeddings: 8192, seq_length: 2048 }, 2048],
  ['Mamba', { state_size: 16 }, null],
])('%s was made for its length', (_, config, length) => {
  expect(read(config)?.maxLength).toBe(length);
});

it('names architecture, heads, quantization and code of its own', () => {
  const config = {
    architectures: ['Qwen2ForCausalLM'],
    num_attention_heads: 28,
    quantization_config: { quant_method: 'awq', bits: 4 },
    auto_map: { AutoConfig: 'x.Y' },
  };
  expect(read(config)).toEqual({
    architecture: 'Qwen2ForCausalLM',
    maxLength: null,
    attentionHeads: 28,
    quantization: 'awq',
    hasOwnCode: true,
  });
});

it('never throws, whatever a folder holds under that name', () => {
  fc.assert(fc.property(fc.string(), (text) => void readModelConfig(text)));
  fc.assert(fc.property(fc.json(), (text) => void readModelConfig(text)));
  expect(readModelConfig('[]')).toBeNull();
  expect(readModelConfig('{')).toBeNull();
});
