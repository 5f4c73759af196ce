import { hash as cryptoHash } from 'node:crypto';
import type { ApiKey, ApiKeyCreate, ApiKeyCreated } from '../../../contract/access.ts';
import { AppError } from '../../../contract/errors.ts';
import type { Actor } from '../../ports/actor.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ApiKeyRecord, ApiKeyTable } from '../../store/api-keys.ts';
import { equalHashes, hashToken, randomToken } from './secrets.ts';

const PREFIX = 'ctx_';
const VISIBLE = 12;
const TOUCH_EVERY_MS = 5_000;

export interface KeyFilter {
  readonly include_disabled: boolean;
  readonly q?: string | undefined;
  readonly sort?: string | undefined;
  readonly org_id?: number | undefined;
  readonly user_id?: number | undefined;
}

interface LiveKey {
  readonly hash: Buffer;
  readonly expiresAt: number | null;
  readonly actor: Extract<Actor, { kind: 'key' }>;
}

/** API keys. The check of a request is one hash and one map look-up; the database is not on that path. */
export class Keys implements Disposable {
  readonly #live = new Map<string, LiveKey>();
  /**
   * Tokens that have passed the full check, by their plain digest: a busy client's next request costs a tenth of a keyed
   * hash. Holds live keys only, so it cannot grow by guessing.
   */
  readonly #passed = new Map<string, LiveKey>();
  readonly #uses = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;
  readonly #table: ApiKeyTable;
  readonly #secret: Buffer;
  readonly #clock: Clock;

  constructor(table: ApiKeyTable, secret: Buffer, clock: Clock) {
    this.#table = table;
    this.#secret = secret;
    this.#clock = clock;
    for (const record of table.all()) if (record.disabled === 0) this.#remember(record);
    this.#timer = setInterval(() => this.#writeUses(), TOUCH_EVERY_MS).unref();
  }

  /** Who a presented token is; null for an unknown, revoked or expired one. */
  authenticate(token: string): Extract<Actor, { kind: 'key' }> | null {
    if (!token.startsWith(PREFIX)) return null;
    const digest = cryptoHash('sha256', token, 'base64');
    const key = this.#passed.get(digest) ?? this.#check(token);
    if (!key) return null;
    this.#passed.set(digest, key);
    const now = this.#clock.now();
    if (key.expiresAt !== null && key.expiresAt <= now) return null;
    this.#uses.set(key.actor.keyId, now);
    return key.actor;
  }

  #check(token: string): LiveKey | null {
    const hash = hashToken(token, this.#secret);
    const key = this.#live.get(hash.toString('base64'));
    return key && equalHashes(key.hash, hash) ? key : null;
  }

  create(input: ApiKeyCreate): ApiKeyCreated {
    const now = this.#clock.now();
    const expiresAt =
      input.expires_at === null || input.expires_at === undefined ? null : Math.round(input.expires_at * 1000);
    if (expiresAt !== null && expiresAt <= now) {
      throw new AppError('validation_failed', { issues: [{ field: 'expires_at', message: 'must lie in the future' }] });
    }
    const token = randomToken(PREFIX);
    const fields = {
      name: input.name,
      prefix: token.slice(0, VISIBLE),
      hash: hashToken(token, this.#secret),
      scopes: [...new Set(input.scopes)].join(','),
      user_id: null,
      org_id: null,
      expires_at: expiresAt,
      created_at: now,
    };
    const id = this.#table.insert(fields);
    this.#remember({ ...fields, id, last_used_at: null, disabled: 0 });
    return { id, prefix: fields.prefix, token };
  }

  /** A revoked key stays in the list (with `include_disabled`), so that its usage keeps a name. */
  revoke(id: number): void {
    const record = this.#table.get(id);
    if (!record) throw new AppError('not_found', { what: `API key ${id}` });
    this.#table.disable(id);
    this.#live.delete(record.hash.toString('base64'));
    this.#passed.clear();
  }

  list(filter: KeyFilter): ApiKey[] {
    this.#writeUses();
    const wanted = filter.q?.toLowerCase() ?? '';
    const rows = this.#table
      .all()
      .filter((record) => filter.include_disabled || record.disabled === 0)
      .filter((record) => wanted === '' || `${record.prefix} ${record.name}`.toLowerCase().includes(wanted))
      .filter((record) => filter.org_id === undefined || record.org_id === filter.org_id)
      .filter((record) => filter.user_id === undefined || record.user_id === filter.user_id)
      .map(toApiKey);
    return sorted(rows, filter.sort ?? 'id:desc');
  }

  #remember(record: ApiKeyRecord): void {
    this.#live.set(record.hash.toString('base64'), {
      hash: record.hash,
      expiresAt: record.expires_at,
      actor: {
        kind: 'key',
        keyId: record.id,
        scopes: record.scopes.split(','),
        userId: record.user_id,
        orgId: record.org_id,
      },
    });
  }

  #writeUses(): void {
    if (this.#uses.size === 0) return;
    this.#table.touch(this.#uses);
    this.#uses.clear();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#writeUses();
  }
}

const SORTABLE = ['id', 'created_at', 'last_used_at'] as const;

function sorted(rows: ApiKey[], sort: string): ApiKey[] {
  const [field = 'id', direction = 'desc'] = sort.split(':');
  const key = SORTABLE.find((name) => name === field);
  if (!key || (direction !== 'asc' && direction !== 'desc')) {
    throw new AppError('validation_failed', {
      issues: [{ field: 'sort', message: `use one of ${SORTABLE.join(', ')} with :asc or :desc` }],
    });
  }
  const sign = direction === 'asc' ? 1 : -1;
  return rows.toSorted((a, b) => sign * ((a[key] ?? 0) - (b[key] ?? 0)));
}

function toApiKey(record: ApiKeyRecord): ApiKey {
  const seconds = (at: number | null) => (at === null ? null : at / 1000);
  return {
    id: record.id,
    prefix: record.prefix,
    name: record.name,
    scopes: record.scopes,
    expires_at: seconds(record.expires_at),
    last_used_at: seconds(record.last_used_at),
    created_at: record.created_at / 1000,
    disabled: record.disabled === 1,
    user_id: record.user_id,
    org_id: record.org_id,
  };
}
