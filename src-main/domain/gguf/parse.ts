import { ByteReader, GgufRefusal, NUMBER_BYTES, type Reading } from './byte-reader.ts';
import type { GgufHeader, GgufResult, GgufScalar, GgufType, GgufValue } from './header.ts';
import { LIMITS } from './header.ts';
import { readTensors } from './tensors.ts';

/** Value types by their number in the file (gguf.h of llama.cpp). */
const VALUE_TYPES: readonly GgufType[] = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  'string',
  'array',
  'u64',
  'i64',
  'f64',
];
const MAGIC = 0x46554747;
/** `ggml`, `ggmf`, `ggjt`, `ggla`: what came before GGUF, little-endian. */
const LEGACY_MAGICS = new Set([0x67676d6c, 0x67676d66, 0x67676a74, 0x67676c61]);
const DEFAULT_ALIGNMENT = 32;

/**
 * Reads the header of a GGUF file, pure and incremental: the generator yields how many bytes it lacks and is handed the
 * next piece of the file (of any size above 0), or null at its end. It returns the header or what is wrong, and never
 * throws for anything a file can hold.
 *
 * @param fileBytes the size of the whole file, against which every length is checked before it is used.
 * @param keepItems which arrays are wanted whole; of others only the length and the first items are kept.
 */
export function* parseGguf(
  fileBytes: number,
  keepItems: (key: string) => boolean = () => false,
): Generator<number, GgufResult, Uint8Array | null> {
  try {
    return { ok: true, header: yield* readHeader(new ByteReader(fileBytes), fileBytes, keepItems) };
  } catch (error) {
    if (error instanceof GgufRefusal) return { ok: false, error: error.error };
    throw error;
  }
}

function* readHeader(reader: ByteReader, fileBytes: number, keepItems: (key: string) => boolean): Reading<GgufHeader> {
  const version = yield* readPreamble(reader, fileBytes);
  const tensorCount = yield* reader.count(LIMITS.tensors, 'The number of tensors');
  const entryCount = yield* reader.count(LIMITS.metadataEntries, 'The number of metadata entries');
  const metadata = new Map<string, GgufValue>();
  for (let done = 0; done < entryCount; done += 1) {
    const key = yield* reader.text(LIMITS.keyBytes, 'a metadata key');
    if (key === '') throw malformed('a metadata entry has no name');
    if (metadata.has(key)) throw malformed(`the metadata entry "${key}" is there twice`);
    metadata.set(key, yield* readValue(reader, key, keepItems(key)));
  }
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || !isAlignment(alignment)) {
    throw malformed('its alignment is not a power of two up to 1 MiB');
  }
  const { tensors, dataBytes } = yield* readTensors(reader, tensorCount, alignment, fileBytes);
  const headerEnd = reader.position;
  const dataOffsetBytes = Math.ceil(headerEnd / alignment) * alignment;
  // Without data there is nothing that the header would have to be padded for.
  const dataEndBytes = tensors.length === 0 ? headerEnd : dataOffsetBytes + dataBytes;
  return { version, metadata, tensors, dataOffsetBytes, dataEndBytes };
}

function* readPreamble(reader: ByteReader, fileBytes: number): Reading<number> {
  if (fileBytes === 0) throw new GgufRefusal('empty_file', 'The file is empty.');
  if (fileBytes < 4) throw notGguf();
  const magic = Number(yield* reader.number('u32'));
  if (LEGACY_MAGICS.has(magic)) {
    throw new GgufRefusal(
      'legacy_format',
      'This is a model in the old GGML format. Engines read GGUF only: convert it, or get the model as GGUF.',
    );
  }
  if (magic !== MAGIC) throw notGguf();
  const version = Number(yield* reader.number('u32'));
  if (version !== 0 && (version & 0xffff) === 0) {
    throw new GgufRefusal(
      'big_endian',
      'This GGUF file was made for big-endian machines. Get the little-endian one, or convert it.',
    );
  }
  if (version !== 2 && version !== 3) {
    throw new GgufRefusal(
      'unsupported_version',
      `This is a GGUF file of version ${version}; versions 2 and 3 can be read.`,
    );
  }
  return version;
}

function* readValue(reader: ByteReader, key: string, keepAll: boolean): Reading<GgufValue> {
  const type = yield* readType(reader, key);
  return type === 'array' ? yield* readArray(reader, key, keepAll) : yield* readScalar(reader, type, key);
}

function* readType(reader: ByteReader, key: string): Reading<GgufType> {
  const id = Number(yield* reader.number('u32'));
  const type = VALUE_TYPES[id];
  if (type === undefined) throw malformed(`the metadata entry "${key}" is of the unknown type ${id}`);
  return type;
}

function* readScalar(reader: ByteReader, type: Exclude<GgufType, 'array'>, key: string): Reading<GgufScalar> {
  if (type === 'string') return yield* reader.text(LIMITS.stringBytes, `the text of "${key}"`);
  if (type === 'bool') return (yield* reader.number('u8')) !== 0;
  return yield* reader.number(type);
}

function* readArray(reader: ByteReader, key: string, keepAll: boolean): Reading<GgufValue> {
  const elementType = yield* readType(reader, key);
  if (elementType === 'array') throw malformed(`the metadata entry "${key}" is a list of lists`);
  const count = yield* reader.count(LIMITS.arrayItems, `The number of items in "${key}"`);
  const few = elementType === 'string' ? LIMITS.keptStrings : LIMITS.keptNumbers;
  const kept = keepAll ? count : Math.min(count, few);
  const items: GgufScalar[] = [];
  for (let done = 0; done < kept; done += 1) items.push(yield* readScalar(reader, elementType, key));
  const rest = count - kept;
  if (elementType === 'string') yield* reader.skipTexts(rest, `an item of "${key}"`);
  else yield* reader.skip(rest * (elementType === 'bool' ? 1 : NUMBER_BYTES[elementType]));
  return { elementType, count, items };
}

function isAlignment(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= LIMITS.alignmentBytes && (value & (value - 1)) === 0;
}

function notGguf(): GgufRefusal {
  return new GgufRefusal('not_gguf', 'This is not a GGUF file, whatever its name says: it does not begin with "GGUF".');
}

function malformed(what: string): GgufRefusal {
  return new GgufRefusal('malformed', `The header is damaged: ${what}.`);
}
