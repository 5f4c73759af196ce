/** A metadata value with its GGUF type. `raw` carries the bytes of another file's value, type included. */
export type MetadataValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'uint32' | 'float32' | 'bool'; readonly value: number }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s' | 'float32s'; readonly value: readonly number[] }
  | { readonly type: 'raw'; readonly value: Uint8Array };

export interface FloatTensor {
  readonly name: string;
  /** Fastest-moving dimension first, as GGUF counts them. */
  readonly dimensions: readonly number[];
  readonly data: Float32Array;
}

const VERSION = 3;
const ALIGNMENT = 32;
const TENSOR_TYPE_F32 = 0;
const TYPE_IDS = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

/** Grows as it is written to; little endian throughout. */
class ByteSink {
  readonly #parts: Buffer[] = [];
  length = 0;

  bytes(part: Uint8Array): void {
    this.#parts.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    this.length += part.byteLength;
  }

  number(kind: 'uint32' | 'int32' | 'float32' | 'bool', value: number): void {
    const part = Buffer.alloc(kind === 'bool' ? 1 : 4);
    if (kind === 'uint32') part.writeUInt32LE(value);
    else if (kind === 'int32') part.writeInt32LE(value);
    else if (kind === 'float32') part.writeFloatLE(value);
    else part.writeUInt8(value);
    this.bytes(part);
  }

  uint64(value: number): void {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt(value));
    this.bytes(part);
  }

  string(text: string): void {
    const encoded = Buffer.from(text, 'utf8');
    this.uint64(encoded.byteLength);
    this.bytes(encoded);
  }

  align(): void {
    this.bytes(Buffer.alloc((ALIGNMENT - (this.length % ALIGNMENT)) % ALIGNMENT));
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#parts, this.length);
  }
}

function writeArray(sink: ByteSink, elementType: number, count: number): void {
  sink.number('uint32', TYPE_IDS.array);
  sink.number('uint32', elementType);
  sink.uint64(count);
}

function writeValue(sink: ByteSink, value: MetadataValue): void {
  switch (value.type) {
    case 'raw':
      sink.bytes(value.value);
      return;
    case 'string':
      sink.number('uint32', TYPE_IDS.string);
      sink.string(value.value);
      return;
    case 'strings':
      writeArray(sink, TYPE_IDS.string, value.value.length);
      for (const text of value.value) sink.string(text);
      return;
    case 'int32s':
    case 'float32s': {
      const kind = value.type === 'int32s' ? 'int32' : 'float32';
      writeArray(sink, TYPE_IDS[kind], value.value.length);
      for (const element of value.value) sink.number(kind, element);
      return;
    }
    default:
      sink.number('uint32', TYPE_IDS[value.type]);
      sink.number(value.type, value.value);
  }
}

/** A GGUF file of version 3 with float32 tensors, byte for byte the same for the same input. */
export function writeGguf(
  metadata: Readonly<Record<string, MetadataValue>>,
  tensors: readonly FloatTensor[],
): Uint8Array<ArrayBuffer> {
  const sink = new ByteSink();
  sink.bytes(Buffer.from('GGUF', 'latin1'));
  sink.number('uint32', VERSION);
  sink.uint64(tensors.length);
  sink.uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    sink.string(key);
    writeValue(sink, value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    sink.string(tensor.name);
    sink.number('uint32', tensor.dimensions.length);
    for (const dimension of tensor.dimensions) sink.uint64(dimension);
    sink.number('uint32', TENSOR_TYPE_F32);
    sink.uint64(offset);
    offset += Math.ceil(tensor.data.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  for (const tensor of tensors) {
    sink.align();
    sink.bytes(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
  }
  sink.align();
  return Uint8Array.from(sink.toBuffer());
}
