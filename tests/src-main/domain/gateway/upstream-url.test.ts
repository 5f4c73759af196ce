import { expect, test } from 'vitest';
import { isOwnEndpoint, readUpstreamUrl } from '../../../../src-main/domain/gateway/upstream-url.ts';
import { cameThrough, withVia } from '../../../../src-main/domain/gateway/via.ts';

test.each([
  ['http://10.0.0.5:8000', 'http://10.0.0.5:8000', ''],
  [' http://10.0.0.5:8000/v1/ ', 'http://10.0.0.5:8000', ''],
  ['https://Api.Example/openai/v1', 'https://api.example/openai', '/openai'],
  ['http://[::1]:8000//', 'http://[::1]:8000', ''],
])('%j is kept as %s', (text, url, basePath) => {
  expect(readUpstreamUrl(text)).toMatchObject({ url, basePath });
});

test.each([
  'ftp://a',
  'file:///etc/passwd',
  'a',
  '',
  'http://user:pass@a',
  'http://a/?x=1',
  'http://a/#x',
  'http://169.254.169.254/latest',
  'http://0xa9fea9fe/',
  'http://2852039166',
  'http://[fe80::1]:80',
  'http://[::ffff:169.254.169.254]',
  'http://metadata.google.internal',
  'http://metadata.google.internal./computeMetadata',
])('%j is refused: no password in an address, no way to a cloud machine’s credentials', (text) => {
  expect(readUpstreamUrl(text)).toHaveProperty('message', expect.stringMatching(/^[A-Z].*\.$/));
});

test.each([
  ['http://127.0.0.1:8084', '127.0.0.1', true],
  ['http://localhost:8084/v1', '127.0.0.1', true],
  ['http://[::1]:8084', '0.0.0.0', true],
  ['http://192.168.1.7:8084', '0.0.0.0', true],
  ['http://192.168.1.7:8084', '127.0.0.1', false],
  ['http://192.168.1.8:8084', '0.0.0.0', false],
  ['http://127.0.0.1:8000', '127.0.0.1', false],
  ['http://0.0.0.0:8084', '127.0.0.1', true],
  ['http://[::ffff:127.0.0.1]:8084', '127.0.0.1', true],
  ['http://[::ffff:7f00:1]:8084/v1', '0.0.0.0', true],
  ['http://[::ffff:192.168.1.7]:8084', '0.0.0.0', true],
  ['http://[::ffff:192.168.1.8]:8084', '0.0.0.0', false],
  ['http://[::ffff:0.0.0.0]:8084', '127.0.0.1', true],
  ['http://127.0.0.1:8084', '::ffff:127.0.0.1', true],
  ['http://localhost.:8084', '127.0.0.1', true],
  ['http://LOCALHOST.:8084', '0.0.0.0', true],
  ['http://app.localhost:8084', '127.0.0.1', true],
  ['http://127.0.0.1.:8084', '127.0.0.1', true],
  ['http://127.0.0.53:8084', '0.0.0.0', true],
  ['http://127.example:8084', '127.0.0.1', false],
  ['http://Box:8084', '127.0.0.1', true],
  ['http://box.lan.:8084', '0.0.0.0', true],
  ['http://box.local:8084', '127.0.0.1', true],
  ['http://box:8085', '127.0.0.1', false],
  ['http://box2:8084', '127.0.0.1', false],
  ['http://lan:8084', '0.0.0.0', false],
])('%s is this program itself where it listens on %s: %s', (text, host, expected) => {
  const url = readUpstreamUrl(text);
  const machine = { addresses: ['192.168.1.7'], hostname: 'box.lan' };
  expect('message' in url || isOwnEndpoint(url, { host, port: 8084 }, machine)).toBe(expected);
});

test('the loop guard knows itself among others, and only itself', () => {
  const via = withVia(withVia('1.0 proxy.example (x)', 'cortex-1'), 'cortex-2');
  expect(via).toBe('1.0 proxy.example (x), 1.1 cortex-1, 1.1 cortex-2');
  expect([cameThrough(via, 'cortex-1'), cameThrough(via, 'cortex-3'), cameThrough(undefined, 'cortex-1')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(cameThrough('1.1 cortex-12', 'cortex-1')).toBe(false);
});
