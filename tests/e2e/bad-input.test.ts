import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { engineFlags } from './engine.ts';
import { rawRequest, type RawAnswer } from './raw-request.ts';
import { RunningProgram, SELF_TEST_FOLDER, temporaryDirectory } from './program.ts';

const directory = temporaryDirectory();
let program: RunningProgram;
const selfTest = join(SELF_TEST_FOLDER, 'cortex-self-test.gguf');

interface Failure {
  readonly error: { readonly code: string; readonly message: string };
  readonly request_id: string;
}
interface Inspection {
  readonly has_gguf: boolean;
  readonly gguf_groups: { readonly status: string; readonly problem: string | null }[];
  readonly gguf_validation: { readonly invalid_files: number; readonly errors: { readonly message: string }[] };
}

beforeAll(async () => {
  program = await RunningProgram.start(directory.path, engineFlags());
  await program.runModel({ name: 'Bystander', served_model_name: 'bystander', local_path: SELF_TEST_FOLDER });
});
afterAll(async () => {
  await program?.stop();
  directory[Symbol.dispose]();
});
/** Whatever was thrown at the program: it lives, and the model beside it still runs. */
afterEach(async () => {
  const { body } = await program.admin<{ served_model_name: string; state: string }[]>('GET', '/admin/models');
  expect(body.find((model) => model.served_model_name === 'bystander')?.state).toBe('running');
});

function folder(name: string): string {
  const path = join(program.modelsDir, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** A GGUF whose first key claims a length of 2^60 bytes. */
function monstrousGguf(): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.write('GGUF', 0);
  bytes.writeUInt32LE(3, 4);
  bytes.writeBigInt64LE(0n, 8);
  bytes.writeBigInt64LE(1n, 16);
  bytes.writeBigUInt64LE(2n ** 60n, 24);
  return bytes;
}

describe('model files', () => {
  test.each([
    ['text', () => Buffer.from('not a model at all\n'.repeat(50)), /not a GGUF/i],
    ['cut', () => readFileSync(selfTest).subarray(0, 900), /cut|ends|incomplete|truncated/i],
    ['monstrous', monstrousGguf, /2\^60|1152921504606846976|length|claims/i],
  ])(
    'a %s file named .gguf is explained by the inspection, and by the start that fails',
    async (name, bytes, words) => {
      writeFileSync(join(folder(name), 'model.gguf'), bytes());
      const { status, body } = await program.admin<Inspection>('GET', `/admin/models/inspect-folder?folder=${name}`);
      expect(status).toBe(200);
      expect(body.gguf_validation).toMatchObject({ invalid_files: 1 });
      expect(body.gguf_validation.errors[0]?.message).toMatch(words);
      expect(body.gguf_groups[0]).toMatchObject({ status: 'invalid' });

      const created = await program.admin<{ id: number }>('POST', '/admin/models', {
        name,
        served_model_name: name,
        engine_type: 'llamacpp',
        runtime: 'process',
        local_path: `${name}/model.gguf`,
      });
      expect(created.status).toBe(200);
      const started = await program.admin<{
        status: string;
        error: string;
        diagnosis: { code: string; evidence: string[] };
      }>('POST', `/admin/models/${created.body.id}/start`);
      expect(started.body.status).toBe('failed');
      expect(started.body.diagnosis.code).toBeTruthy();
      expect(started.body.error.length).toBeGreaterThan(10);
    },
  );

  test('an empty folder inspects as empty and cannot be started', async () => {
    folder('empty');
    expect((await program.admin<Inspection>('GET', '/admin/models/inspect-folder?folder=empty')).body).toMatchObject({
      has_gguf: false,
      gguf_groups: [],
    });
    const created = await program.admin<{ id: number } & Failure>('POST', '/admin/models', {
      name: 'e',
      served_model_name: 'e',
      engine_type: 'llamacpp',
      local_path: 'empty',
    });
    expect([created.status, created.body.error.code]).toEqual([400, 'no_model_file']);
  });

  test('a folder outside the library and a link that leads out are refused', async () => {
    using outside = temporaryDirectory();
    copyFileSync(selfTest, join(outside.path, 'model.gguf'));
    symlinkSync(outside.path, join(program.modelsDir, 'link-out'));
    symlinkSync(join(outside.path, 'model.gguf'), join(folder('linked'), 'model.gguf'));
    for (const path of [
      outside.path,
      join(outside.path, 'model.gguf'),
      'link-out',
      'linked/model.gguf',
      '../../etc',
      '/etc/passwd',
    ]) {
      const { status, body } = await program.admin<Failure>('POST', '/admin/models', {
        name: 'x',
        served_model_name: 'x',
        engine_type: 'llamacpp',
        local_path: path,
      });
      expect([path, status, body.error.code]).toEqual([path, 400, 'path_outside_library']);
    }
    for (const query of [`base=${outside.path}`, 'folder=link-out', 'folder=../..', 'base=/etc']) {
      expect((await program.admin<Failure>('GET', `/admin/models/inspect-folder?${query}`)).body.error.code).toBe(
        'path_outside_library',
      );
    }
    // Once the owner has added it, the same folder is fine.
    expect((await program.admin('POST', '/admin/library/folders', { path: outside.path })).status).toBe(200);
    expect(
      (
        await program.admin('POST', '/admin/models', {
          name: 'x',
          served_model_name: 'x',
          engine_type: 'llamacpp',
          local_path: outside.path,
        })
      ).status,
    ).toBe(200);
  });
});

describe('requests', () => {
  const json = { 'content-type': 'application/json' };
  const owner = () => ({ authorization: `Bearer ${program.adminToken}` });
  const codeOf = ({ status, body }: RawAnswer) => [status, (JSON.parse(body) as Failure).error.code];

  test('a 33 MB body is 413, chunked too, on both planes', async () => {
    const body = JSON.stringify({
      model: 'bystander',
      messages: [{ role: 'user', content: 'x'.repeat(33 * 1024 * 1024) }],
    });
    const key = { authorization: `Bearer ${await program.createKey()}` };
    for (const chunked of [false, true]) {
      const data = await rawRequest(`${program.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { ...json, ...key },
        body,
        chunked,
      });
      expect(codeOf(data)).toEqual([413, 'body_too_large']);
    }
    const admin = await rawRequest(`${program.url}/admin/models`, {
      method: 'POST',
      headers: { ...json, ...owner() },
      body,
    });
    expect(codeOf(admin)).toEqual([413, 'body_too_large']);
  });

  test('no route of the admin API answers without the owner, nor to an API key', async () => {
    const { paths } = (await (await fetch(`${program.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const key = await program.createKey();
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => [method.toUpperCase(), path] as const),
    );
    expect(routes.length).toBeGreaterThan(30);
    for (const [method, path] of routes) {
      for (const headers of [
        {},
        { authorization: `Bearer ${key}` },
        { 'x-api-key': program.adminToken },
        { cookie: 'cortex_session=admin' },
      ]) {
        const response = await fetch(program.url + path.replace('{id}', '1'), { method, headers });
        expect([method, path, response.status, ((await response.json()) as Failure).error.code]).toEqual([
          method,
          path,
          401,
          'unauthenticated',
        ]);
      }
    }
    // And the owner's token is no key for inference.
    const inference = await fetch(`${program.url}/v1/models`, {
      headers: { authorization: `Bearer ${program.adminToken}` },
    });
    expect(inference.status).toBe(401);
  });

  test('a wrong method is told apart from a wrong path, a filter that does not exist is named', async () => {
    const put = await program.admin<Failure>('PUT', '/admin/models/1');
    expect([put.status, put.body.error.code]).toEqual([405, 'method_not_allowed']);
    const nowhere = await program.admin<Failure>('GET', '/admin/nowhere');
    expect([nowhere.status, nowhere.body.error.code]).toEqual([404, 'not_found']);
    const filter = await program.admin<Failure>('GET', '/admin/usage?nope=1');
    expect([filter.status, filter.body.error.message]).toEqual([400, expect.stringContaining('nope')]);
  });

  test('feeds begin with a snapshot and end when the reader goes', async () => {
    const abort = new AbortController();
    const response = await fetch(`${program.url}/admin/models/watch`, {
      headers: { authorization: `Bearer ${program.adminToken}` },
      signal: abort.signal,
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('"snapshot"')) text += Buffer.from((await reader.read()).value ?? []).toString();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(text).toContain('bystander');
    abort.abort();
  });

  test('the description of the API and the window are served, with a strict policy', async () => {
    for (const path of ['/docs', '/']) {
      const response = await fetch(program.url + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('content-security-policy')).toMatch(
        /default-src 'self'; script-src 'self';.*frame-ancestors 'none'/,
      );
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect((await fetch(`${program.url}/..%2f..%2fpackage.json`)).status).toBe(404);
    expect((await fetch(`${program.url}/%E0%A4%A`)).status).toBe(404);
  });

  test('invalid JSON is 400 on both planes, a form is 415', async () => {
    const key = { authorization: `Bearer ${await program.createKey()}` };
    const body = '{"model":';
    const data = await rawRequest(`${program.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...json, ...key },
      body,
    });
    expect(codeOf(data)).toEqual([400, 'invalid_json']);
    const admin = await rawRequest(`${program.url}/admin/models`, {
      method: 'POST',
      headers: { ...json, ...owner() },
      body,
    });
    expect(codeOf(admin)).toEqual([400, 'invalid_json']);
    expect((JSON.parse(admin.body) as Failure).request_id).toMatch(/^[\w-]{8,}$/);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const posted = await rawRequest(`${program.url}/admin/models`, {
      method: 'POST',
      headers: { ...form, ...owner() },
      body: 'name=x',
    });
    expect(codeOf(posted)).toEqual([415, 'unsupported_media_type']);
  });

  test('a foreign Host or Origin is refused on every method and every path', async () => {
    const foreign = [
      { host: 'evil.example' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
      for (const path of [
        '/health',
        '/admin/models',
        '/v1/models',
        '/v1/chat/completions',
        '/',
        '/login',
        '/openapi.json',
      ]) {
        for (const headers of foreign) {
          const { status } = await rawRequest(program.url + path, { method, headers: { ...owner(), ...headers } });
          expect([method, path, headers, status]).toEqual([method, path, headers, 403]);
        }
      }
    }
  });

  test('fields: an unknown name, a wrong type, a value out of range, a forbidden argument, each by name', async () => {
    const create = (fields: Record<string, unknown>) =>
      program.admin<Failure>('POST', '/admin/models', {
        name: 'f',
        served_model_name: 'f',
        engine_type: 'llamacpp',
        local_path: SELF_TEST_FOLDER,
        ...fields,
      });
    for (const [fields, word] of [
      [{ context_lenght: 4096 }, 'context_lenght'],
      [{ context_size: 'many' }, 'context_size'],
      [{ parallel_slots: -3 }, 'parallel_slots'],
      [{ engine_startup_args_json: '[{"flag":"--host","type":"string","value":"0.0.0.0"}]' }, '--host'],
      [{ engine_startup_args_json: '[{"flag":"--api-key=x","type":"flag","value":true}]' }, '--api-key'],
      [{ engine_startup_env_json: '[{"key":"LLAMA_ARG_HOST","value":"0.0.0.0"}]' }, 'LLAMA_ARG_HOST'],
      [{ served_model_name: 'has space' }, 'served_model_name'],
      [{ name: '' }, 'name'],
    ] as const) {
      const { status, body } = await create(fields);
      expect([word, status, body.error.code]).toEqual([word, 400, 'validation_failed']);
      expect(body.error.message).toContain(word);
    }
    expect((await create({ served_model_name: 'bystander' })).body.error.code).toBe('served_name_in_use');
    expect((await program.admin<Failure>('GET', '/admin/models/999999')).status).toBe(404);
    expect((await program.admin<Failure>('GET', '/admin/models/abc')).status).toBe(400);
  });

  test("the owner's own engine cannot be named over HTTP", async () => {
    const { status, body } = await program.admin<Failure>('POST', '/admin/engines/builds', {
      source: 'path',
      path: '/bin/sh',
    });
    expect([status, body.error.code]).toEqual([403, 'desktop_only']);
  });
});
