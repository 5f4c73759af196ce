import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ApiKeyCreate } from '../../../../../src-main/contract/access.ts';
import { Keys } from '../../../../../src-main/core/services/access/keys.ts';
import { Owner } from '../../../../../src-main/core/services/access/owner.ts';
import { randomToken, readOrCreateSecret } from '../../../../../src-main/core/services/access/secrets.ts';
import { ApiKeyTable } from '../../../../../src-main/core/store/api-keys.ts';
import { openStore } from '../../../../../src-main/core/store/open.ts';
import { SessionTable } from '../../../../../src-main/core/store/sessions.ts';

const secret = Buffer.alloc(32, 7);
const create = (input: unknown) => ApiKeyCreate.parse(input);

test('a key is kept as a keyed hash, survives a restart, and its token is nowhere', () => {
  const db = openStore(':memory:');
  using first = new Keys(new ApiKeyTable(db), secret, { now: () => 1_000 });
  const { token, id, prefix } = first.create(create({ scopes: 'chat, embeddings', name: 'laptop' }));
  expect(token.startsWith(prefix)).toBe(true);
  expect(JSON.stringify(db.prepare('SELECT *, hex(hash) AS h FROM api_keys').all())).not.toContain(
    token.slice(prefix.length),
  );
  using second = new Keys(new ApiKeyTable(db), secret, { now: () => 2_000 });
  expect(second.authenticate(token)).toMatchObject({ kind: 'key', keyId: id, scopes: ['chat', 'embeddings'] });
  using other = new Keys(new ApiKeyTable(db), Buffer.alloc(32, 8), { now: () => 2_000 });
  expect(other.authenticate(token)).toBeNull();
  expect(second.list({ include_disabled: false })[0]).toMatchObject({
    last_used_at: 2,
    scopes: 'chat,embeddings',
    name: 'laptop',
  });
});

test.each([
  [{ scopes: 'chat,nonsense' }],
  [{ scopes: [] }],
  [{ scopes: '' }],
  [{ expires_at: 'tomorrow' }],
  [{ expires_at: 1e18 }],
  [{ ip_allowlist: '10.0.0.1' }],
])('a key is not made from %j', (input) => {
  expect(ApiKeyCreate.safeParse(input).success).toBe(false);
});

test('scopes come as the seed sends them or as a list, `*` is all, none given is all', () => {
  expect(create({ scopes: 'chat,completions,embeddings' }).scopes).toEqual(['chat', 'completions', 'embeddings']);
  expect(create({ scopes: ['chat'] }).scopes).toEqual(['chat']);
  expect(create({ scopes: '*' }).scopes).toHaveLength(3);
  expect(create({}).scopes).toHaveLength(3);
});

test('an expiry in the past is refused, one in the future ends the key (and never crashes its check)', () => {
  let now = 1_700_000_000_000;
  using keys = new Keys(new ApiKeyTable(openStore(':memory:')), secret, { now: () => now });
  expect(() => keys.create(create({ expires_at: 1 }))).toThrow(/future/);
  const { token } = keys.create(create({ expires_at: new Date(now + 1000).toISOString() }));
  expect(keys.authenticate(token)).not.toBeNull();
  now += 1000;
  expect(keys.authenticate(token)).toBeNull();
});

test('revoking twice is fine, an unknown key is not found, and the list filters and sorts', () => {
  using keys = new Keys(new ApiKeyTable(openStore(':memory:')), secret, { now: () => 1 });
  const a = keys.create(create({ name: 'Alpha' }));
  const b = keys.create(create({ name: 'beta' }));
  keys.revoke(a.id);
  keys.revoke(a.id);
  expect(() => keys.revoke(99)).toThrow(/API key 99/);
  expect(keys.list({ include_disabled: false }).map(({ id }) => id)).toEqual([b.id]);
  expect(keys.list({ include_disabled: true, sort: 'id:asc' }).map(({ id, disabled }) => [id, disabled])).toEqual([
    [a.id, true],
    [b.id, false],
  ]);
  expect(keys.list({ include_disabled: true, q: 'ALPHA' })).toHaveLength(1);
  expect(() => keys.list({ include_disabled: true, sort: 'hash:asc' })).toThrow(/sort/);
});

test('a login link works once, a session survives a restart and ends with its time or a logout', () => {
  const db = openStore(':memory:');
  let now = 0;
  const clock = { now: () => now };
  const owner = new Owner(new SessionTable(db), secret, 'admin-token', clock);
  const link = owner.createLoginToken();
  const cookie = owner.login(link) ?? '';
  expect(owner.login(link)).toBeNull();
  expect(owner.login('guess')).toBeNull();
  expect(owner.authenticateCookie(cookie)).toMatchObject({ kind: 'owner', via: 'session' });
  const restarted = new Owner(new SessionTable(db), secret, 'admin-token', clock);
  expect(restarted.authenticateCookie(cookie)).not.toBeNull();
  expect(
    db
      .prepare('SELECT count(*) FROM sessions WHERE hex(hash) = ?')
      .pluck()
      .get(Buffer.from(cookie).toString('hex').toUpperCase()),
  ).toBe(0);
  now = 31 * 24 * 3_600_000;
  expect(restarted.authenticateCookie(cookie)).toBeNull();
  now = 0;
  const second = restarted.login('admin-token') ?? '';
  restarted.logout(second);
  expect(restarted.authenticateCookie(second)).toBeNull();
  expect(restarted.authenticateToken('admin-token')).toMatchObject({ via: 'token' });
  expect(restarted.authenticateToken(second)).toBeNull();
});

test('a secret file is made once, readable by the owner alone', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cortex-secret-'));
  try {
    const path = join(directory, 'admin-token');
    const made = readOrCreateSecret(path, randomToken);
    expect(readOrCreateSecret(path, randomToken)).toBe(made);
    expect(readFileSync(path, 'utf8').trim()).toBe(made);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
