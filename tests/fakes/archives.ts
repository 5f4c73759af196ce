import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

/** One entry of a made-up archive; `link` makes it a symbolic link. */
export interface MadeEntry {
  readonly path: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly link?: string;
  /** The tar type, for what the other fields cannot say. */
  readonly type?: string;
}

/** A gzipped ustar archive, byte by byte as GNU tar writes one. */
export function makeTarGz(entries: readonly MadeEntry[]): Buffer {
  return gzipSync(Buffer.concat([...entries.map(tarEntry), Buffer.alloc(1024)]));
}

function tarEntry(entry: MadeEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const header = Buffer.alloc(512);
  header.write(entry.path, 0, 100);
  header.write(`${(entry.mode ?? 0o644).toString(8).padStart(7, '0')}\0`, 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(entry.type ?? (entry.link === undefined ? (entry.path.endsWith('/') ? '5' : '0') : '2'), 156);
  header.write(entry.link ?? '', 157, 100);
  header.write('ustar\0', 257);
  header.write('00', 263);
  header.write('        ', 148);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** A zip with deflated entries. */
export function makeZip(entries: readonly MadeEntry[]): Buffer {
  const parts: Buffer[] = [];
  const listing: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const plain = Buffer.from(entry.link ?? entry.content ?? '');
    const packed = deflateRawSync(plain);
    const name = Buffer.from(entry.path);
    const mode = (entry.link === undefined ? 0o100000 : 0o120000) | (entry.mode ?? 0o644);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(plain.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    listing.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([20, 3]), common, tail, name]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(listing);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}
