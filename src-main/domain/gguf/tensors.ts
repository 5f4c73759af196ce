import { type ByteReader, GgufRefusal, type Reading } from './byte-reader.ts';
import { type GgufTensor, LIMITS } from './header.ts';
import { tensorType } from './tensor-types.ts';

const MAX_DIMENSIONS = 4;
/** Half of what a double counts exactly, so that offsets can be added up. */
const MAX_TENSOR_BYTES = 2n ** 52n;

interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly typeId: number;
  readonly offsetBytes: number;
}

/**
 * Reads the tensor table and works out every tensor's exact size. As in llama.cpp, each must begin where the one before
 * it ends, padded to the alignment; a type we do not know takes what lies up to the next tensor.
 */
export function* readTensors(
  reader: ByteReader,
  count: number,
  alignment: number,
  fileBytes: number,
): Reading<{ tensors: GgufTensor[]; dataBytes: number }> {
  const infos: TensorInfo[] = [];
  const names = new Set<string>();
  for (let done = 0; done < count; done += 1) {
    const info = yield* readInfo(reader);
    if (names.has(info.name)) throw damaged(`the tensor "${info.name}" is there twice`);
    names.add(info.name);
    infos.push(info);
  }
  const dataOffset = padded(reader.position, alignment);
  let expected = 0;
  const tensors = infos.map((info, at): GgufTensor => {
    if (info.offsetBytes !== expected) throw damaged(`the tensor "${info.name}" is not where it must be`);
    const type = tensorType(info.typeId);
    const end = infos[at + 1]?.offsetBytes ?? Math.max(expected, fileBytes - dataOffset);
    const sizeBytes = type === null ? end - expected : exactBytes(info, type.blockElements, type.blockBytes);
    if (sizeBytes < 0) throw damaged(`the tensor after "${info.name}" begins before it`);
    expected = type === null ? end : padded(expected + sizeBytes, alignment);
    return { ...info, typeName: type?.name ?? null, sizeBytes };
  });
  const last = tensors.at(-1);
  // The padding behind the last tensor may be missing from the file.
  return { tensors, dataBytes: last === undefined ? 0 : last.offsetBytes + last.sizeBytes };
}

function* readInfo(reader: ByteReader): Reading<TensorInfo> {
  const name = yield* reader.text(LIMITS.tensorNameBytes, 'a tensor’s name');
  const dimensions = Number(yield* reader.number('u32'));
  if (dimensions > MAX_DIMENSIONS) throw damaged(`the tensor "${name}" has ${dimensions} dimensions`);
  const shape: number[] = [];
  for (let done = 0; done < dimensions; done += 1) {
    const length = yield* reader.number('i64');
    if (typeof length !== 'number' || length < 0) throw damaged(`the tensor "${name}" has an impossible shape`);
    shape.push(length);
  }
  const typeId = Number(yield* reader.number('u32'));
  const offsetBytes = yield* reader.number('u64');
  if (typeof offsetBytes !== 'number') throw damaged(`the tensor "${name}" is not where it must be`);
  return { name, shape, typeId, offsetBytes };
}

/** Refuses sizes that a double cannot hold: their products are where past readers overflowed (CVE-2025-53630 and kin). */
function exactBytes(info: TensorInfo, blockElements: number, blockBytes: number): number {
  const row = info.shape[0] ?? 1;
  if (row % blockElements !== 0) throw damaged(`the rows of the tensor "${info.name}" do not fit its type`);
  const rows = info.shape.slice(1).reduce((product, length) => product * BigInt(length), 1n);
  const bytes = (BigInt(row) / BigInt(blockElements)) * BigInt(blockBytes) * rows;
  if (bytes > MAX_TENSOR_BYTES) throw damaged(`the tensor "${info.name}" has an impossible shape`);
  return Number(bytes);
}

function padded(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

function damaged(what: string): GgufRefusal {
  return new GgufRefusal('malformed', `The header is damaged: ${what}.`);
}
