import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateOpenApi } from '../../../src-main/api/openapi.ts';
import { renderReference } from '../../../src-main/api/reference-page.ts';

const GOLDEN = new URL('../../../docs/openapi.json', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

test("the published document is the contract's (UPDATE_GOLDEN=1 writes it anew)", async () => {
  const text = `${JSON.stringify(await generateOpenApi(version), null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);
  expect(readFileSync(GOLDEN, 'utf8')).toBe(text);
});

/** Paths and methods of the seed that this much of the program must have, to the letter. */
const SEED = [
  'GET /admin/keys',
  'POST /admin/keys',
  'DELETE /admin/keys/{id}',
  'GET /admin/models',
  'POST /admin/models',
  'PATCH /admin/models/{id}',
  'DELETE /admin/models/{id}',
  'POST /admin/models/{id}/start',
  'POST /admin/models/{id}/stop',
  'GET /admin/models/{id}/readiness',
  'GET /admin/models/{id}/logs',
  'GET /admin/models/base-dir',
  'PUT /admin/models/base-dir',
  'GET /admin/models/local-folders',
  'GET /admin/models/inspect-folder',
  'GET /admin/usage',
  'GET /admin/models/registry',
  'POST /admin/models/registry',
  'DELETE /admin/models/registry',
  'GET /admin/upstreams',
  'POST /admin/upstreams/refresh-health',
];

test("the seed's paths are there", async () => {
  const { paths = {} } = await generateOpenApi(version);
  const known = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(known).toEqual(expect.arrayContaining(SEED));
});

test('the readable page has every route, loads nothing and runs no script', async () => {
  const document = await generateOpenApi(version);
  const html = renderReference(document);
  for (const path of Object.keys(document.paths ?? {})) expect(html).toContain(path);
  expect(html).not.toMatch(/<script|https?:\/\/(?!127\.0\.0\.1)|src=/);
});
