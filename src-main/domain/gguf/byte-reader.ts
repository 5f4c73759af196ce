import { type GgufError, type GgufErrorCode, LIMITS } from './header.ts';

/** Ends the parsing of a file with what is wrong with it; caught where the parser begins, never seen outside. */
export class GgufRefusal extends Error {
  readonly error: GgufError;

  constructor(code: GgufErrorCode, message: string) {
    super(message);
    this.error = { code, message };
  }
}

const UTF8 = new TextDecoder();

/** A step that may have to ask for more bytes: it yields how many it lacks and is given some, or null at the end. */
export type Reading<T> = Generator<number, T, Uint8Array | null>;

/** Reads little-endian values from bytes that come in pieces of any size. Holds at most the piece at hand. */
export class ByteReader {
  #held: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#held.buffer);
  #at = 0;
  /** Bytes read since the beginning of the file. */
  #position = 0;
  readonly #fileBytes: number;

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#fileBytes - this.#position;
  }

  /** Makes the next `length` bytes available at once. */
  *need(length: number): Reading<void> {
    while (this.#held.length - this.#at < length) {
      const lacking = length - (this.#held.length - this.#at);
      if (this.remaining < length) throw truncated(this.#fileBytes);
      const more = yield lacking;
      if (more === null || more.length === 0) throw truncated(this.#fileBytes);
      const rest = this.#held.subarray(this.#at);
      const joined = rest.length === 0 ? more : new Uint8Array(rest.length + more.length);
      if (rest.length > 0) {
        joined.set(rest);
        joined.set(more, rest.length);
      }
      this.#held = joined;
      this.#view = new DataView(joined.buffer, joined.byteOffset, joined.byteLength);
      this.#at = 0;
    }
  }

  *skip(length: number): Reading<void> {
    let left = length;
    if (left > this.remaining) throw truncated(this.#fileBytes);
    while (left > 0) {
      const here = Math.min(left, this.#held.length - this.#at);
      this.#advance(here);
      left -= here;
      if (left > 0) yield* this.need(1);
    }
  }

  #advance(length: number): number {
    const at = this.#at;
    this.#at += length;
    this.#position += length;
    if (this.#position > LIMITS.headerBytes) {
      throw new GgufRefusal('value_too_large', 'The header is larger than 256 MiB; no model’s is.');
    }
    return at;
  }

  *number(type: NumberType): Reading<number | bigint> {
    yield* this.need(NUMBER_BYTES[type]);
    return this.#numberHere(type);
  }

  #numberHere(type: NumberType): number | bigint {
    const at = this.#advance(NUMBER_BYTES[type]);
    switch (type) {
      case 'u8':
        return this.#view.getUint8(at);
      case 'i8':
        return this.#view.getInt8(at);
      case 'u16':
        return this.#view.getUint16(at, true);
      case 'i16':
        return this.#view.getInt16(at, true);
      case 'u32':
        return this.#view.getUint32(at, true);
      case 'i32':
        return this.#view.getInt32(at, true);
      case 'f32':
        return this.#view.getFloat32(at, true);
      case 'f64':
        return this.#view.getFloat64(at, true);
      case 'u64':
        return exact(this.#view.getBigUint64(at, true));
      case 'i64':
        return exact(this.#view.getBigInt64(at, true));
      default:
        return type satisfies never;
    }
  }

  /** A length or count as the file names it: checked against `limit` before anything is done with it. */
  *count(limit: number, what: string): Reading<number> {
    const value = yield* this.number('u64');
    if (value > limit) {
      throw new GgufRefusal(
        'value_too_large',
        `${what} claims ${value.toString()}, where at most ${limit} makes sense; the file is damaged or was made to do harm.`,
      );
    }
    return Number(value);
  }

  *text(limit: number, what: string): Reading<string> {
    const length = yield* this.count(limit, `The length of ${what}`);
    yield* this.need(length);
    const at = this.#advance(length);
    return UTF8.decode(this.#held.subarray(at, at + length));
  }

  /** Passes over `count` strings, without a step of its own for each one that is already here. */
  *skipTexts(count: number, what: string): Reading<void> {
    for (let done = 0; done < count; done += 1) {
      yield* this.need(8);
      const length = this.#numberHere('u64');
      if (length > LIMITS.stringBytes) {
        throw new GgufRefusal(
          'value_too_large',
          `The length of ${what} claims ${length.toString()}, where at most ${LIMITS.stringBytes} makes sense; the file is damaged or was made to do harm.`,
        );
      }
      if (Number(length) <= this.#held.length - this.#at) this.#advance(Number(length));
      else yield* this.skip(Number(length));
    }
  }
}

export type NumberType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'f64' | 'u64' | 'i64';

export const NUMBER_BYTES: Readonly<Record<NumberType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  f64: 8,
  u64: 8,
  i64: 8,
};

function exact(value: bigint): number | bigint {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}

function truncated(fileBytes: number): GgufRefusal {
  return new GgufRefusal(
    'header_truncated',
    `The file ends in the middle of its header, after ${fileBytes} bytes: the download or copy was cut off. Get it again.`,
  );
}
