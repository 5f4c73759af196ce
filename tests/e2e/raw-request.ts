import { request } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Without a declared length. */
  readonly chunked?: boolean;
}

/** A request with any headers, `Host` and `Origin` included, which fetch would not send as told. */
export function rawRequest(
  url: string,
  { method = 'GET', headers = {}, body, chunked = false }: RawRequest = {},
): Promise<RawAnswer> {
  const length =
    body === undefined
      ? {}
      : chunked
        ? { 'transfer-encoding': 'chunked' }
        : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers: { ...length, ...headers } }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
    });
    // A server that refuses a large body answers before it has read all: the upload may break off, the answer is there.
    req.on('error', (error) => setTimeout(() => reject(error), 500));
    req.end(body);
  });
}
