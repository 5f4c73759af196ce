/** A metadata array: its length is always known, its items only where they are few or were asked for. */
export interface GgufArray {
  readonly elementType: GgufType;
  readonly count: number;
  /** All items, or the first few of them. */
  readonly items: readonly GgufScalar[];
}

/** Integers that a double cannot hold exactly stay `bigint`. */
export type GgufScalar = string | number | bigint | boolean;
export type GgufValue = GgufScalar | GgufArray;
export type GgufType =
  | 'u8'
  | 'i8'
  | 'u16'
  | 'i16'
  | 'u32'
  | 'i32'
  | 'f32'
  | 'bool'
  | 'string'
  | 'array'
  | 'u64'
  | 'i64'
  | 'f64';

export interface GgufTensor {
  readonly name: string;
  /** ggml's order: the first is the length of a row. */
  readonly shape: readonly number[];
  readonly typeId: number;
  /** Null for a type this program does not know. */
  readonly typeName: string | null;
  /** From the start of the data. */
  readonly offsetBytes: number;
  /** For an unknown type, up to the next tensor, or to the end of the file. */
  readonly sizeBytes: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  /** Where the tensors' data begins in the file. */
  readonly dataOffsetBytes: number;
  /** Where it must end at least. */
  readonly dataEndBytes: number;
}

export type GgufErrorCode =
  | 'empty_file'
  | 'not_gguf'
  | 'legacy_format'
  | 'big_endian'
  | 'unsupported_version'
  | 'header_truncated'
  | 'data_truncated'
  | 'value_too_large'
  | 'malformed';

/** What is wrong with a file, in words for its owner. */
export interface GgufError {
  readonly code: GgufErrorCode;
  readonly message: string;
}

export type GgufResult =
  | { readonly ok: true; readonly header: GgufHeader }
  | { readonly ok: false; readonly error: GgufError };

/** Limits of ours, far above any real model and far below what would hurt (llama.cpp's own are 1 GiB and 2^30). */
export const LIMITS = {
  headerBytes: 256 * 1024 * 1024,
  keyBytes: 65_535,
  stringBytes: 16 * 1024 * 1024,
  arrayItems: 4 * 1024 * 1024,
  metadataEntries: 65_536,
  tensors: 1_000_000,
  tensorNameBytes: 256,
  alignmentBytes: 1024 * 1024,
  /** Of an array's items, how many are kept when nobody asked for them. */
  keptNumbers: 4096,
  keptStrings: 8,
} as const;

export function isArray(value: GgufValue | undefined): value is GgufArray {
  return typeof value === 'object';
}
