import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeGguf } from '../../../../resources/self-test-model/gguf-writer.ts';
import { ggufFacts, missingData } from '../../../../src-main/domain/gguf/facts.ts';
import { type GgufResult, isArray } from '../../../../src-main/domain/gguf/header.ts';
import { parseGguf } from '../../../../src-main/domain/gguf/parse.ts';
import { groupGgufFiles, partPaths } from '../../../../src-main/domain/gguf/parts.ts';

/** Feeds the parser pieces of at most `chunk` bytes, or exactly what it asks for when that is 0. */
function parse(bytes: Uint8Array, chunk = 1 << 20, fileBytes = bytes.length): GgufResult {
  const parser = parseGguf(fileBytes);
  let at = 0;
  let step = parser.next();
  while (!step.done) {
    const piece = bytes.subarray(at, at + (chunk === 0 ? step.value : chunk));
    at += piece.length;
    step = parser.next(piece.length === 0 ? null : piece);
  }
  return step.value;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
const text = (value: string) => Buffer.concat([u64(BigInt(Buffer.byteLength(value))), Buffer.from(value)]);
/** A header with its counts, then whatever follows. */
const header = (tensors: bigint, entries: bigint, ...rest: Buffer[]) =>
  Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors), u64(entries), ...rest]);
const tensor = (name: string, shape: bigint[], type: number, offset: bigint) =>
  Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(type), u64(offset)]);

const SMALL = writeGguf(
  {
    'general.architecture': { type: 'string', value: 'llama' },
    'general.file_type': { type: 'uint32', value: 15 },
    'llama.context_length': { type: 'uint32', value: 4096 },
    'llama.attention.head_count': { type: 'int32s', value: [8, 0, 16] },
    'tokenizer.ggml.tokens': { type: 'strings', value: Array.from({ length: 40 }, (_, at) => `token ${at}`) },
    'tokenizer.chat_template': { type: 'string', value: '{{ messages }}' },
  },
  [
    { name: 'a', dimensions: [32, 3], data: new Float32Array(96) },
    { name: 'b', dimensions: [5], data: new Float32Array(5) },
  ],
);

function code(result: GgufResult): string {
  return result.ok ? 'ok' : result.error.code;
}

describe('a good file', () => {
  test('gives the same header however its bytes come', () => {
    const whole = parse(SMALL);
    expect(whole.ok).toBe(true);
    for (const chunk of [0, 1, 7, 64]) expect(parse(SMALL, chunk)).toEqual(whole);
  });

  test('counts long lists without keeping them', () => {
    const result = parse(SMALL);
    if (!result.ok) throw new Error(result.error.message);
    const tokens = result.header.metadata.get('tokenizer.ggml.tokens');
    expect(isArray(tokens) && [tokens.count, tokens.items.length]).toEqual([40, 8]);
    expect(ggufFacts(result.header)).toMatchObject({
      kind: 'model',
      task: 'generate',
      architecture: 'llama',
      contextLength: 4096,
      headCount: 16,
      vocabularySize: 40,
      fileType: 'Q4_K_M',
      parameterCount: 101,
      tensorBytes: 404,
      hasChatTemplate: true,
    });
    expect(missingData(result.header, SMALL.length)).toBeNull();
  });

  test('sizes are exact: Q4_K rows of Llama 3.1 8B’s embedding', () => {
    const bytes = header(1n, 0n, tensor('token_embd.weight', [4096n, 128_256n], 12, 0n));
    const result = parse(bytes);
    expect(result.ok && result.header.tensors[0]?.sizeBytes).toBe((4096 / 256) * 144 * 128_256);
    expect(result.ok && missingData(result.header, bytes.length)?.code).toBe('data_truncated');
  });

  test('a tensor of a type from the future takes what lies up to the next one', () => {
    const bytes = header(2n, 0n, tensor('a', [10n], 99, 0n), tensor('b', [8n], 0, 64n));
    const result = parse(bytes);
    expect(result.ok && result.header.tensors.map(({ sizeBytes, typeName }) => [sizeBytes, typeName])).toEqual([
      [64, null],
      [32, 'F32'],
    ]);
  });
});

describe('a bad file', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'empty_file'],
    ['a text file named .gguf', Buffer.from('not a model, just a note\n'), 'not_gguf'],
    ['two bytes', Buffer.from('GG'), 'not_gguf'],
    ['the magic alone', Buffer.from('GGUF'), 'header_truncated'],
    ['an old GGML model', Buffer.concat([u32(0x67676a74), u32(3)]), 'legacy_format'],
    ['a big-endian file', Buffer.concat([Buffer.from('GGUF'), Buffer.from([0, 0, 0, 3])]), 'big_endian'],
    ['version 1', Buffer.concat([Buffer.from('GGUF'), u32(1)]), 'unsupported_version'],
    ['version 4', Buffer.concat([Buffer.from('GGUF'), u32(4)]), 'unsupported_version'],
    ['a header cut in the middle', Buffer.from(SMALL.subarray(0, 200)), 'header_truncated'],
    ['a string of 2^60 bytes', header(0n, 1n, text('general.name'), u32(8), u64(2n ** 60n)), 'value_too_large'],
    ['a key of 2^60 bytes', header(0n, 1n, u64(2n ** 60n)), 'value_too_large'],
    ['2^63 tensors', header(2n ** 63n, 0n), 'value_too_large'],
    ['2^40 entries', header(0n, 2n ** 40n), 'value_too_large'],
    ['a list of 2^61 items', header(0n, 1n, text('k'), u32(9), u32(4), u64(2n ** 61n)), 'value_too_large'],
    ['a list of lists', header(0n, 1n, text('k'), u32(9), u32(9), u64(1n)), 'malformed'],
    ['an unknown type', header(0n, 1n, text('k'), u32(13)), 'malformed'],
    [
      'a key twice',
      header(0n, 2n, text('k'), u32(0), Buffer.from([1]), text('k'), u32(0), Buffer.from([1])),
      'malformed',
    ],
    ['a nameless key', header(0n, 1n, text(''), u32(0), Buffer.from([1])), 'malformed'],
    ['alignment 3', header(0n, 1n, text('general.alignment'), u32(4), u32(3)), 'malformed'],
    ['alignment 0', header(0n, 1n, text('general.alignment'), u32(4), u32(0)), 'malformed'],
    ['five dimensions', header(1n, 0n, tensor('t', [1n, 1n, 1n, 1n, 1n], 0, 0n)), 'malformed'],
    ['a product that overflows', header(1n, 0n, tensor('t', [2n ** 40n, 2n ** 40n], 0, 0n)), 'malformed'],
    ['a negative length', header(1n, 0n, tensor('t', [2n ** 64n - 1n], 0, 0n)), 'malformed'],
    ['a row that does not fit its type', header(1n, 0n, tensor('t', [33n], 2, 0n)), 'malformed'],
    ['a tensor elsewhere', header(1n, 0n, tensor('t', [8n], 0, 4096n)), 'malformed'],
    ['a tensor twice', header(2n, 0n, tensor('t', [8n], 0, 0n), tensor('t', [8n], 0, 32n)), 'malformed'],
  ])('%s is refused', (_, bytes, expected) => {
    const result = parse(bytes);
    expect(code(result)).toBe(expected);
    expect(result.ok || result.error.message).toMatch(/[a-z].*\.$/);
  });

  test('no bytes at all make it throw, hang or read past the end', () => {
    const prefix = header(1n, 2n);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), (noise, chunk) => {
        parse(Buffer.concat([prefix, noise]), chunk);
        parse(noise, chunk);
      }),
    );
  });

  test('one changed byte never makes it throw, and a cut anywhere in the header is seen', () => {
    const result = parse(SMALL);
    const headerEnd = result.ok ? SMALL.length - 512 : 0;
    fc.assert(
      fc.property(fc.nat(SMALL.length - 1), fc.nat(255), (at, value) => {
        const changed = Uint8Array.from(SMALL);
        changed[at] = value;
        parse(changed, 64);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 4, max: headerEnd }), (length) => {
        expect(code(parse(SMALL.subarray(0, length)))).toBe('header_truncated');
      }),
    );
  });
});

describe('files of one model', () => {
  test('belong together by folder, prefix and count, and what is missing is named', () => {
    const groups = groupGgufFiles([
      'b/m-00003-of-00003.gguf',
      'b/m-00001-of-00003.gguf',
      'a/m-00001-of-00003.gguf',
      'm.gguf',
      'mmproj-F16.gguf',
    ]);
    expect(groups.map(({ files, missing }) => [files, missing])).toEqual([
      [['a/m-00001-of-00003.gguf'], [2, 3]],
      [['b/m-00001-of-00003.gguf', 'b/m-00003-of-00003.gguf'], [2]],
      [['m.gguf'], []],
      [['mmproj-F16.gguf'], []],
    ]);
    expect(partPaths('/x/m-00002-of-00002.gguf')).toEqual(['/x/m-00001-of-00002.gguf', '/x/m-00002-of-00002.gguf']);
    expect(partPaths('/x/m.gguf')).toEqual([]);
  });
});
