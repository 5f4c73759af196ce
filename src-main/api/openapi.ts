import { OpenAPIGenerator } from '@orpc/openapi';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { contract } from '../contract/index.ts';

export type OpenApiDocument = Awaited<ReturnType<OpenAPIGenerator['generate']>>;

/** The OpenAPI 3.1 document of the admin API, from the contract. */
export function generateOpenApi(version: string): Promise<OpenApiDocument> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  return generator.generate(contract, {
    info: {
      title: 'Cortex admin API',
      version,
      description:
        "The control plane. Authenticate with the owner's token (the file `admin-token` in the data directory) as a bearer token, or with a browser session. " +
        'Errors are `{ "error": { "code", "message", ... }, "request_id" }`. Streams are server-sent events.',
    },
    security: [{ adminToken: [] }],
    components: { securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } } },
    tags: ['Models', 'Library', 'Engines', 'Jobs', 'Keys', 'Usage', 'Playground', 'Desktop', 'Live', 'System'].map(
      (name) => ({
        name,
      }),
    ),
  });
}
