import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { SmartCoercionPlugin } from '@orpc/json-schema';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { render } from '@testing-library/react';
import { vi } from 'vitest';
import { useLive } from '../../src-renderer/api/live.ts';
import { App } from '../../src-renderer/app/app.tsx';
import { fakeAdminApi, type Scenario } from './admin-api.ts';

/** The whole window over the test double of the admin API, in a simulated browser. */
export function openWindow(scenario: Scenario): void {
  const handler = new OpenAPIHandler(fakeAdminApi(scenario), {
    plugins: [new SmartCoercionPlugin({ schemaConverters: [new ZodToJsonSchemaConverter()] })],
    customErrorResponseBodyEncoder: (error) => ({
      error: { code: error.code, message: error.message, ...(error.data as object) },
      request_id: 'req_test',
    }),
  });
  vi.stubGlobal('fetch', async (request: Request) => {
    const { response } = await handler.handle(request);
    return response ?? new Response(null, { status: 404 });
  });
  useLive.setState({ models: null, jobs: null, docker: null });
  render(<App />);
}
