import { writeFileSync } from 'node:fs';
import { writeGguf, type FloatTensor, type MetadataValue } from './gguf-writer.ts';

/**
 * The self-test model: a llama with one layer that does nothing, one-hot embeddings, and an output matrix that sends
 * each token to the next one of a fixed sentence. llama.cpp loads, tokenizes, decodes and samples as with any model, so
 * it proves the whole chain, and what it says is known beforehand.
 *
 * The words are tokens that the tokenizer itself never makes of typed text: a SentencePiece vocabulary joins pairs of
 * pieces, and the pieces between a letter and a word are not in this vocabulary. So typed text always becomes
 * spaces and single bytes, every one of which leads to the first word, and no prompt can begin in the middle of the sentence.
 */
export const SELF_TEST_SENTENCE = 'Hello! The whole chain works: engine, gateway and window.';

const CONTEXT_LENGTH = 4096;
const HEAD_SIZE = 32;
/** Times the square root of the width, this is the lead of the right token in the logits: about 136. */
const OUTPUT_WEIGHT = 8;

const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;
const CONTROLS = ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>'];
const END_OF_TEXT = 2;

const CHAT_TEMPLATE =
  "{%- for message in messages -%}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{%- endfor -%}" +
  "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}";

interface Token {
  readonly text: string;
  readonly type: number;
}

function vocabulary(words: readonly string[]): Token[] {
  return [
    { text: '<unk>', type: TOKEN_TYPE.unknown },
    { text: '<s>', type: TOKEN_TYPE.control },
    { text: '</s>', type: TOKEN_TYPE.control },
    ...Array.from({ length: 256 }, (_, byte) => ({
      text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
      type: TOKEN_TYPE.byte,
    })),
    { text: '\u2581', type: TOKEN_TYPE.normal },
    ...CONTROLS.map((text) => ({ text, type: TOKEN_TYPE.control })),
    ...words.map((text) => ({ text, type: TOKEN_TYPE.normal })),
  ];
}

function zeros(name: string, ...dimensions: number[]): FloatTensor {
  return { name, dimensions, data: new Float32Array(dimensions.reduce((product, size) => product * size, 1)) };
}

function ones(name: string, size: number): FloatTensor {
  return { name, dimensions: [size], data: new Float32Array(size).fill(1) };
}

function layer(width: number): FloatTensor[] {
  return [
    ones('blk.0.attn_norm.weight', width),
    zeros('blk.0.attn_q.weight', width, HEAD_SIZE),
    zeros('blk.0.attn_k.weight', width, HEAD_SIZE),
    zeros('blk.0.attn_v.weight', width, HEAD_SIZE),
    zeros('blk.0.attn_output.weight', HEAD_SIZE, width),
    ones('blk.0.ffn_norm.weight', width),
    zeros('blk.0.ffn_gate.weight', width, HEAD_SIZE),
    zeros('blk.0.ffn_up.weight', width, HEAD_SIZE),
    zeros('blk.0.ffn_down.weight', HEAD_SIZE, width),
  ];
}

function tensors(tokenCount: number, firstWord: number, width: number): FloatTensor[] {
  const embedding = zeros('token_embd.weight', width, tokenCount);
  const output = zeros('output.weight', width, tokenCount);
  for (let token = 0; token < tokenCount; token += 1) {
    embedding.data[token * width + token] = 1;
    const isWord = token >= firstWord;
    const next = !isWord ? firstWord : token + 1 < tokenCount ? token + 1 : END_OF_TEXT;
    output.data[next * width + token] = OUTPUT_WEIGHT;
  }
  return [embedding, output, ones('output_norm.weight', width), ...layer(width)];
}

function metadata(tokens: readonly Token[], width: number): Record<string, MetadataValue> {
  const text = (value: string): MetadataValue => ({ type: 'string', value });
  const count = (value: number): MetadataValue => ({ type: 'uint32', value });
  return {
    'general.architecture': text('llama'),
    'general.type': text('model'),
    'general.name': text('Cortex self-test'),
    'general.description': text(`Always says: ${SELF_TEST_SENTENCE}`),
    'general.license': text('apache-2.0'),
    'general.file_type': count(0),
    'llama.context_length': count(CONTEXT_LENGTH),
    'llama.embedding_length': count(width),
    'llama.block_count': count(1),
    'llama.feed_forward_length': count(HEAD_SIZE),
    'llama.attention.head_count': count(1),
    'llama.attention.head_count_kv': count(1),
    'llama.attention.key_length': count(HEAD_SIZE),
    'llama.attention.value_length': count(HEAD_SIZE),
    'llama.attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-6 },
    'llama.rope.dimension_count': count(HEAD_SIZE),
    'llama.vocab_size': count(tokens.length),
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.pre': text('default'),
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens.map((token) => token.text) },
    'tokenizer.ggml.scores': { type: 'float32s', value: tokens.map((_, index) => -index) },
    'tokenizer.ggml.token_type': { type: 'int32s', value: tokens.map((token) => token.type) },
    'tokenizer.ggml.bos_token_id': count(1),
    'tokenizer.ggml.eos_token_id': count(END_OF_TEXT),
    'tokenizer.ggml.unknown_token_id': count(0),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: 1 },
    'tokenizer.ggml.add_eos_token': { type: 'bool', value: 0 },
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: 0 },
    'tokenizer.chat_template': text(CHAT_TEMPLATE),
  };
}

/** The whole file, the same bytes on every machine. */
export function buildSelfTestModel(): Uint8Array<ArrayBuffer> {
  const words = SELF_TEST_SENTENCE.split(' ').map((word, index) => (index === 0 ? word : `\u2581${word}`));
  const tokens = vocabulary(words);
  const width = Math.ceil(tokens.length / HEAD_SIZE) * HEAD_SIZE;
  return writeGguf(metadata(tokens, width), tensors(tokens.length, tokens.length - words.length, width));
}

if (import.meta.main) {
  writeFileSync(new URL('./cortex-self-test.gguf', import.meta.url), buildSelfTestModel());
}
