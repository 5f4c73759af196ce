import { type ArchiveEntry, ArchiveError } from './archive-entries.ts';

const BLOCK = 512;
/** Long names and PAX headers are text; more than this is an attack. */
const MAX_TEXT_BYTES = 64 * 1024;

/**
 * Reads a tar stream entry by entry: ustar, GNU long names and PAX paths (POSIX.1-2001 pax, GNU tar manual "Basic Tar
 * Format"). Each file's content is to be read before the next entry.
 *
 * @throws ArchiveError where the stream is no tar or ends early.
 */
export async function* readTar(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, void> {
  const source = new ByteSource(stream);
  let named: { path?: string; target?: string } = {};
  for (;;) {
    const header = await source.take(BLOCK);
    if (header === null) throw new ArchiveError('the archive ends early');
    if (header.every((byte) => byte === 0)) return;
    const fields = parseHeader(header);
    if (fields.type === 'L' || fields.type === 'K' || fields.type === 'x' || fields.type === 'g') {
      const text = await readText(source, fields.size);
      if (fields.type === 'L') named = { ...named, path: untilNul(text) };
      else if (fields.type === 'K') named = { ...named, target: untilNul(text) };
      else if (fields.type === 'x') named = { ...named, ...paxNames(text) };
      continue;
    }
    const entry = { ...fields, path: named.path ?? fields.path, target: named.target ?? fields.target };
    named = {};
    yield* toEntry(entry, source);
  }
}

interface Header {
  readonly path: string;
  readonly target: string;
  readonly type: string;
  readonly mode: number;
  readonly size: number;
}

async function* toEntry(header: Header, source: ByteSource): AsyncGenerator<ArchiveEntry, void, void> {
  const { path, target, type, mode, size } = header;
  if (type === '5') yield { kind: 'folder', path };
  else if (type === '2') yield { kind: 'link', path, target };
  else if (type === '0' || type === '\0' || type === '7') {
    const content = source.body(size);
    yield { kind: 'file', path, executable: (mode & 0o100) !== 0, size, content };
    // What the reader left unread, and the padding.
    for await (const _rest of content) continue;
    await source.skip((BLOCK - (size % BLOCK)) % BLOCK);
    return;
  } else yield { kind: 'other', path, what: type === '1' ? 'a hard link' : `an entry of type ${JSON.stringify(type)}` };
  await source.skip(Math.ceil(size / BLOCK) * BLOCK);
}

function parseHeader(block: Uint8Array): Header {
  const text = (from: number, length: number) =>
    untilNul(new TextDecoder().decode(block.subarray(from, from + length)));
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (octal(text(148, 8)) !== sum) throw new ArchiveError('the archive is damaged or is no tar file');
  const isUstar = text(257, 5) === 'ustar';
  const prefix = isUstar ? text(345, 155) : '';
  const name = text(0, 100);
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    target: text(157, 100),
    type: String.fromCharCode(block[156] ?? 0),
    mode: octal(text(100, 8)),
    size: octal(text(124, 12)),
  };
}

/** Sizes of 8 GiB and more have another form; no archive we would unpack is that big. */
function octal(text: string): number {
  const digits = text.trim();
  if (!/^[0-7]{0,11}$/.test(digits)) throw new ArchiveError('the archive is damaged or is no tar file');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

async function readText(source: ByteSource, size: number): Promise<string> {
  if (size > MAX_TEXT_BYTES) throw new ArchiveError('the archive holds an overlong name');
  const padded = Math.ceil(size / BLOCK) * BLOCK;
  const bytes = await source.take(padded);
  if (bytes === null) throw new ArchiveError('the archive ends early');
  return new TextDecoder().decode(bytes.subarray(0, size));
}

/** PAX records are `LENGTH KEY=VALUE\n`. */
function paxNames(text: string): { path?: string; target?: string } {
  const names: { path?: string; target?: string } = {};
  for (const record of text.split('\n')) {
    const [, key, value] = /^\d+ ([^=]+)=(.*)$/s.exec(record) ?? [];
    if (key === 'path' && value !== undefined) names.path = value;
    if (key === 'linkpath' && value !== undefined) names.target = value;
  }
  return names;
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

/** Hands out exact numbers of bytes from chunks of any size. */
class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async #some(limit: number): Promise<Uint8Array | null> {
    while (this.#held.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return null;
      this.#held = next.value;
    }
    const some = this.#held.subarray(0, limit);
    this.#held = this.#held.subarray(some.length);
    return some;
  }

  /** Exactly `size` bytes, or null where the stream ended before. */
  async take(size: number): Promise<Uint8Array | null> {
    const whole = new Uint8Array(size);
    for (let filled = 0; filled < size;) {
      const some = await this.#some(size - filled);
      if (some === null) return null;
      whole.set(some, filled);
      filled += some.length;
    }
    return whole;
  }

  async skip(size: number): Promise<void> {
    for await (const _chunk of this.body(size)) continue;
  }

  /** The next `size` bytes as they come; iterating again goes on where the last reader stopped. */
  body(size: number): AsyncIterable<Uint8Array> {
    let left = size;
    const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      if (left === 0) return { done: true, value: undefined };
      const some = await this.#some(left);
      if (some === null) throw new ArchiveError('the archive ends early');
      left -= some.length;
      return { done: false, value: some };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }
}
