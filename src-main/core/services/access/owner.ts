import type { Actor } from '../../ports/actor.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SessionTable } from '../../store/sessions.ts';
import { equalHashes, hashToken, randomToken } from './secrets.ts';

const SESSION_MS = 30 * 24 * 3_600_000;
/** A session's last use is written at most this often. */
const SEEN_EVERY_MS = 60_000;

interface Session {
  readonly hash: Buffer;
  readonly createdAt: number;
  seenAt: number;
  expiresAt: number;
}

/**
 * The owner's ways in: the admin token from the data directory, a browser session, a login link. The link works once and
 * only in the program that printed it; a session is an opaque random cookie, kept hashed.
 */
export class Owner {
  readonly #links = new Set<string>();
  readonly #sessions = new Map<string, Session>();
  readonly #table: SessionTable;
  readonly #secret: Buffer;
  readonly #adminToken: Buffer;
  readonly #clock: Clock;
  /** Cookies know no port: two programs on one host must not share a name. */
  readonly cookieName: string;

  constructor(table: SessionTable, secret: Buffer, adminToken: string, clock: Clock) {
    this.#table = table;
    this.#secret = secret;
    this.#adminToken = hashToken(adminToken, secret);
    this.#clock = clock;
    this.cookieName = `cortex_${hashToken('cookie name', secret).toString('hex').slice(0, 8)}`;
    for (const record of table.all(clock.now())) {
      this.#sessions.set(record.hash.toString('base64'), {
        hash: record.hash,
        createdAt: record.created_at,
        seenAt: record.last_seen_at,
        expiresAt: record.expires_at,
      });
    }
  }

  /** A new login token, good for one use while this program runs. */
  createLoginToken(): string {
    const token = randomToken();
    this.#links.add(hashToken(token, this.#secret).toString('base64'));
    return token;
  }

  /** The cookie value of a new session for a login link's token or the admin token; null when it is neither. */
  login(token: string): string | null {
    const hash = hashToken(token, this.#secret);
    const isLink = this.#links.delete(hash.toString('base64'));
    if (!isLink && !equalHashes(hash, this.#adminToken)) return null;
    const cookie = randomToken();
    const now = this.#clock.now();
    const session = { hash: hashToken(cookie, this.#secret), createdAt: now, seenAt: now, expiresAt: now + SESSION_MS };
    this.#sessions.set(session.hash.toString('base64'), session);
    this.#save(session);
    return cookie;
  }

  logout(cookie: string): void {
    const hash = hashToken(cookie, this.#secret);
    this.#sessions.delete(hash.toString('base64'));
    this.#table.remove(hash);
  }

  authenticateToken(token: string): Actor | null {
    return equalHashes(hashToken(token, this.#secret), this.#adminToken) ? { kind: 'owner', via: 'token' } : null;
  }

  authenticateCookie(cookie: string): Actor | null {
    const hash = hashToken(cookie, this.#secret);
    const id = hash.toString('base64');
    const session = this.#sessions.get(id);
    if (!session || !equalHashes(session.hash, hash)) return null;
    const now = this.#clock.now();
    if (session.expiresAt <= now) {
      this.#sessions.delete(id);
      this.#table.remove(hash);
      return null;
    }
    if (now - session.seenAt > SEEN_EVERY_MS) {
      session.seenAt = now;
      session.expiresAt = now + SESSION_MS;
      this.#save(session);
    }
    return { kind: 'owner', via: 'session' };
  }

  get sessionSeconds(): number {
    return SESSION_MS / 1000;
  }

  #save(session: Session): void {
    this.#table.save({
      hash: session.hash,
      created_at: session.createdAt,
      last_seen_at: session.seenAt,
      expires_at: session.expiresAt,
    });
  }
}
