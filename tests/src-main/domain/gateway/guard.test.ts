import { describe, expect, test } from 'vitest';
import { guardRequest, LOOPBACK_HOSTS } from '../../../../src-main/domain/gateway/guard.ts';

const policy = {
  allowedHosts: new Set([...LOOPBACK_HOSTS, 'gpu-box', 'proxy.example:8443']),
  allowedOrigins: new Set(['https://chat.example']),
};
const request = {
  method: 'GET',
  path: '/admin/models',
  host: '127.0.0.1:8084',
  origin: undefined,
  secFetchSite: undefined,
  secFetchMode: undefined,
};

describe('guardRequest', () => {
  test.each(['127.0.0.1:8084', 'localhost', 'LOCALHOST:9000', '[::1]:8084', 'gpu-box:1', 'proxy.example:8443'])(
    'answers to %s',
    (host) => {
      expect(guardRequest({ ...request, host }, policy)).toEqual({ kind: 'pass', corsOrigin: null });
    },
  );

  test.each([
    undefined,
    '',
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    'proxy.example',
    'evil.example:8084',
    '127.0.0.1:80:80',
    '2130706433',
  ])('refuses the host %s (DNS rebinding)', (host) => {
    expect(guardRequest({ ...request, host }, policy).kind).toBe('host');
  });

  test.each(['GET', 'POST', 'OPTIONS', 'PUT', 'DELETE'])('refuses a foreign origin on %s', (method) => {
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost:8084',
      'http://127.0.0.1',
      'file://',
      'https://chat.example',
    ]) {
      expect(guardRequest({ ...request, method, origin }, policy)).toEqual({ kind: 'origin', origin });
    }
  });

  test('the own origin passes, whatever port a tunnel gives it', () => {
    expect(guardRequest({ ...request, host: 'localhost:9999', origin: 'http://localhost:9999' }, policy).kind).toBe(
      'pass',
    );
  });

  test('a listed origin may call /v1 and nothing else', () => {
    const origin = 'https://chat.example';
    expect(guardRequest({ ...request, path: '/v1/models', origin }, policy)).toEqual({
      kind: 'pass',
      corsOrigin: origin,
    });
    expect(guardRequest({ ...request, path: '/v1', origin }, policy).kind).toBe('origin');
    expect(guardRequest({ ...request, path: '/admin/keys', origin }, policy).kind).toBe('origin');
  });

  test('a cross-site request without Origin is refused, following a link to a page is not', () => {
    const crossSite = { ...request, path: '/', secFetchSite: 'cross-site' };
    expect(guardRequest({ ...crossSite, secFetchMode: 'no-cors' }, policy).kind).toBe('origin');
    expect(guardRequest({ ...crossSite, secFetchMode: 'navigate' }, policy).kind).toBe('pass');
    expect(guardRequest({ ...crossSite, path: '/v1/models', secFetchMode: 'navigate' }, policy).kind).toBe('origin');
    expect(guardRequest({ ...crossSite, method: 'POST', secFetchMode: 'navigate' }, policy).kind).toBe('origin');
  });
});
