import type { IncomingMessage } from 'node:http';
import { Router, urlencoded, type Response } from 'express';
import { AppError } from '../contract/errors.ts';
import type { Actor } from '../core/ports/actor.ts';
import type { Owner } from '../core/services/access/owner.ts';

/** Who a control-plane request is from: the admin token as a bearer, or the browser's session cookie. */
export function ownerOf(req: IncomingMessage, owner: Owner): Actor | null {
  const { authorization } = req.headers;
  if (authorization !== undefined) {
    const token = /^Bearer +(?<token>\S+)\s*$/i.exec(authorization)?.groups?.['token'];
    return token === undefined ? null : owner.authenticateToken(token);
  }
  const cookie = sessionCookie(req, owner.cookieName);
  return cookie === null ? null : owner.authenticateCookie(cookie);
}

/** `GET /login?token=` is the link the program prints; the same address without a token asks for one. */
export function createLoginRouter(owner: Owner): Router {
  const router = Router();
  router.get('/login', (req, res) => {
    const { token } = req.query;
    // Express answers HEAD with this too: a link's preview must not use it up.
    if (req.method === 'GET' && typeof token === 'string' && token !== '') logIn(owner, token, res);
    else res.type('html').send(page(null));
  });
  router.post('/login', urlencoded({ extended: false, limit: '4kb' }), (req, res) => {
    const token: unknown = (req.body as Record<string, unknown> | undefined)?.['token'];
    logIn(owner, typeof token === 'string' ? token.trim() : '', res);
  });
  router.post('/logout', (req, res) => {
    const cookie = sessionCookie(req, owner.cookieName);
    if (cookie !== null) owner.logout(cookie);
    res.clearCookie(owner.cookieName, { path: '/' }).json({ status: 'ok' });
  });
  return router;
}

function logIn(owner: Owner, given: string, res: Response): void {
  // A whole link may be pasted where the token is asked for.
  const token = /[?&]token=(?<token>[\w-]+)/.exec(given)?.groups?.['token'] ?? given;
  const cookie = owner.login(token);
  if (cookie === null) {
    res
      .status(401)
      .type('html')
      .send(page(new AppError('invalid_login_link', {}).message));
    return;
  }
  res.cookie(owner.cookieName, cookie, {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    maxAge: owner.sessionSeconds * 1000,
  });
  res.redirect(303, '/');
}

function sessionCookie(req: IncomingMessage, name: string): string | null {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && value !== '') return value;
  }
  return null;
}

/** Stands on its own: it must work before anything else of the program has loaded. */
function page(problem: string | null): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Log in to Cortex</title>
<style>
  :root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
  body { display: grid; place-items: center; min-height: 100vh; margin: 0; }
  main { width: min(26rem, 90vw); }
  h1 { font-size: 1.2rem; margin: 0 0 .5rem; }
  input, button { font: inherit; padding: .4rem .6rem; }
  input { width: 100%; box-sizing: border-box; margin: .25rem 0 .75rem; }
  [role=alert] { border-left: 3px solid #d33; padding-left: .75rem; }
</style></head><body><main>
<h1>Log in to Cortex</h1>
${problem === null ? '' : `<p role="alert">${problem}</p>`}
<p>Open the login link that the program printed where it was started, or paste it here. The admin token from the data directory (the file <code>admin-token</code>) works too.</p>
<form method="post" action="/login"><label>Login link or admin token<input name="token" type="password" autocomplete="off" required autofocus></label><button>Log in</button></form>
</main></body></html>`;
}
