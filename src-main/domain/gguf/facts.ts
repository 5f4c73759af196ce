import { type GgufArray, type GgufError, type GgufHeader, type GgufValue, isArray } from './header.ts';
import { fileTypeName } from './tensor-types.ts';

export type GgufKind = 'model' | 'projector' | 'adapter' | 'vocabulary' | 'other';

/** What a GGUF file is, in the terms its owner chooses by. */
export interface GgufFacts {
  readonly kind: GgufKind;
  readonly task: 'generate' | 'embed';
  readonly architecture: string | null;
  readonly name: string | null;
  readonly contextLength: number | null;
  readonly embeddingLength: number | null;
  readonly blockCount: number | null;
  readonly headCount: number | null;
  readonly headCountKv: number | null;
  /** Numbers a token adds to the KV cache, over all layers. */
  readonly kvElementsPerToken: { readonly keys: number; readonly values: number } | null;
  readonly vocabularySize: number | null;
  /** The quantization by llama.cpp's name for it; from the tensors where the file does not say. */
  readonly fileType: string | null;
  /** Elements of all tensors in this file; null where it holds none. */
  readonly parameterCount: number | null;
  readonly tensorBytes: number;
  readonly tensorCount: number;
  readonly hasChatTemplate: boolean;
  /** Whether the file itself says how token vectors become one. */
  readonly namesPooling: boolean;
  readonly license: string | null;
  /** Which part of how many this file says it is, the first being 0; null where it is whole. */
  readonly part: { readonly index: number; readonly count: number } | null;
}

/** Encoders of text: they have no next token (llama-arch.cpp of llama.cpp v0.5.0). */
const ENCODERS = new Set([
  'bert',
  'modern-bert',
  'nomic-bert',
  'nomic-bert-moe',
  'neo-bert',
  'jina-bert-v2',
  'jina-bert-v3',
  'eurobert',
  'gemma-embedding',
  't5encoder',
  'llama-embed',
]);
/** Language models by diffusion: they look both ways and still generate. */
const DIFFUSION = new Set(['dream', 'llada', 'llada-moe', 'rnd1']);

export function ggufFacts(header: GgufHeader): GgufFacts {
  const { metadata, tensors } = header;
  const architecture = text(metadata.get('general.architecture'));
  const own = (key: string) => (architecture === null ? undefined : metadata.get(`${architecture}.${key}`));
  const partCount = whole(metadata.get('split.count')) ?? 0;
  const headCount = largest(own('attention.head_count'));
  const headCountKv = largest(own('attention.head_count_kv')) ?? headCount;
  const embeddingLength = whole(own('embedding_length'));
  const headLength = headCount === null || embeddingLength === null ? null : Math.floor(embeddingLength / headCount);
  const keyLength = whole(own('attention.key_length')) ?? headLength;
  const valueLength = whole(own('attention.value_length')) ?? headLength;
  const cells = product(whole(own('block_count')), headCountKv);
  const elements = tensors.reduce((sum, tensor) => sum + tensor.shape.reduce((product, n) => product * n, 1), 0);
  return {
    kind: kindOf(header, architecture, partCount),
    task: taskOf(architecture, own),
    architecture,
    name: text(metadata.get('general.name')),
    contextLength: whole(own('context_length')),
    embeddingLength,
    blockCount: whole(own('block_count')),
    headCount,
    headCountKv,
    kvElementsPerToken:
      cells === null || keyLength === null || valueLength === null
        ? null
        : { keys: cells * keyLength, values: cells * valueLength },
    vocabularySize: whole(own('vocab_size')) ?? arrayCount(metadata.get('tokenizer.ggml.tokens')),
    fileType: fileTypeName(whole(metadata.get('general.file_type')) ?? -1) ?? commonestType(header),
    parameterCount: tensors.length === 0 ? null : elements,
    tensorBytes: tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0),
    tensorCount: tensors.length,
    hasChatTemplate: text(metadata.get('tokenizer.chat_template')) !== null,
    namesPooling: own('pooling_type') !== undefined,
    license: text(metadata.get('general.license')),
    part: partCount > 1 ? { index: whole(metadata.get('split.no')) ?? 0, count: partCount } : null,
  };
}

function product(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a * b;
}

/** Null when all the data is there; otherwise what is missing. */
export function missingData(header: GgufHeader, fileBytes: number): GgufError | null {
  if (fileBytes >= header.dataEndBytes) return null;
  const missing = header.dataEndBytes - fileBytes;
  return {
    code: 'data_truncated',
    message: `The file ends ${missing} bytes too early (${fileBytes} of ${header.dataEndBytes}): the download or copy was cut off. Get it again.`,
  };
}

function kindOf(header: GgufHeader, architecture: string | null, partCount: number): GgufKind {
  const declared = text(header.metadata.get('general.type'));
  if (declared === 'mmproj' || architecture === 'clip') return 'projector';
  if (declared === 'adapter') return 'adapter';
  if (declared !== null && declared !== 'model') return 'other';
  // The first of several parts may hold the metadata alone.
  return header.tensors.length === 0 && partCount <= 1 ? 'vocabulary' : 'model';
}

function taskOf(architecture: string | null, own: (key: string) => GgufValue | undefined): 'generate' | 'embed' {
  if (architecture !== null && ENCODERS.has(architecture)) return 'embed';
  if (architecture !== null && DIFFUSION.has(architecture)) return 'generate';
  if (own('attention.causal') === false) return 'embed';
  // 0 is "none": every token keeps its vector.
  return (whole(own('pooling_type')) ?? 0) > 0 ? 'embed' : 'generate';
}

/** The type most of the bytes have. */
function commonestType(header: GgufHeader): string | null {
  const bytes = new Map<string, number>();
  for (const { typeName, sizeBytes } of header.tensors) {
    if (typeName !== null) bytes.set(typeName, (bytes.get(typeName) ?? 0) + sizeBytes);
  }
  return [...bytes].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

/** Strings of a file are not trusted: control characters, which could drive a terminal, are taken out. */
function text(value: GgufValue | undefined): string | null {
  if (typeof value !== 'string') return null;
  // oxlint-disable-next-line no-control-regex
  const clean = value.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
  return clean === '' ? null : clean.slice(0, 1000);
}

function whole(value: GgufValue | undefined): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** One number for what may differ from layer to layer. */
function largest(value: GgufValue | undefined): number | null {
  if (!isArray(value)) return whole(value);
  const numbers = value.items.flatMap((item) => (typeof item === 'number' ? [item] : []));
  return numbers.length === 0 ? null : numbers.reduce((a, b) => Math.max(a, b));
}

function arrayCount(value: GgufValue | undefined): number | null {
  const array: GgufArray | null = isArray(value) ? value : null;
  return array?.count ?? null;
}
