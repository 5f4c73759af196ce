import type { OpenApiDocument } from './openapi.ts';

interface Operation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema?: unknown }[];
  readonly requestBody?: { content?: Record<string, { schema?: unknown }> };
  readonly responses?: Record<string, { content?: Record<string, { schema?: unknown }> }>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The OpenAPI document as one readable page: no script, nothing fetched, so it works offline and under the strictest policy. */
export function renderReference(document: OpenApiDocument): string {
  const byTag = new Map<string, string[]>();
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation = (item as Record<string, unknown>)[method] as Operation | undefined;
      if (!operation) continue;
      const tag = operation.tags?.[0] ?? 'Other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), operationHtml(method, path, operation)]);
    }
  }
  const tags = [...byTag.keys()];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text(document.info.title)}</title>
<style>${STYLE}</style></head><body>
<nav aria-label="Sections">${tags.map((tag) => `<a href="#${slug(tag)}">${text(tag)}</a>`).join('')}<a href="/openapi.json">openapi.json</a></nav>
<main><h1>${text(document.info.title)} <small>${text(document.info.version)}</small></h1><p>${text(document.info.description ?? '')}</p>
<p>The data plane speaks OpenAI's wire format: <code>POST /v1/chat/completions</code>, <code>POST /v1/completions</code>, <code>POST /v1/embeddings</code>, <code>GET /v1/models</code>, with an API key.</p>
${tags.map((tag) => `<section id="${slug(tag)}"><h2>${text(tag)}</h2>${(byTag.get(tag) ?? []).join('')}</section>`).join('')}
</main></body></html>`;
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const parameters = operation.parameters ?? [];
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${text(parameter.name)}</code></td><td>${text(parameter.in)}${parameter.required ? ', required' : ''}</td><td><code>${text(typeOf(parameter.schema))}</code></td></tr>`,
  );
  const responses = Object.entries(operation.responses ?? {}).map(([status, response]) =>
    schemaHtml(`Answer ${status}`, response.content),
  );
  return `<details><summary><b class="${method}">${method.toUpperCase()}</b> <code>${text(path)}</code> <span>${text(operation.summary ?? '')}</span></summary>
${rows.length === 0 ? '' : `<table><thead><tr><th>Parameter</th><th>In</th><th>Type</th></tr></thead><tbody>${rows.join('')}</tbody></table>`}
${schemaHtml('Body', operation.requestBody?.content)}${responses.join('')}</details>`;
}

function schemaHtml(title: string, content: Record<string, { schema?: unknown }> | undefined): string {
  return Object.entries(content ?? {})
    .map(
      ([type, { schema }]) =>
        `<h4>${text(title)} <small>${text(type)}</small></h4><pre>${text(JSON.stringify(schema, null, 2))}</pre>`,
    )
    .join('');
}

function typeOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return '';
  const { type, enum: choices } = schema as { type?: unknown; enum?: unknown };
  return Array.isArray(choices) ? choices.join(' | ') : typeof type === 'string' ? type : JSON.stringify(schema);
}

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function slug(tag: string): string {
  return tag.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

const STYLE = `
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; grid-template-columns: 180px minmax(0, 60rem); gap: 2rem; }
nav { position: sticky; top: 0; height: 100vh; padding: 1.5rem 1rem; box-sizing: border-box; display: flex; flex-direction: column; gap: .4rem; }
nav a { color: inherit; text-decoration: none; } nav a:hover { text-decoration: underline; }
main { padding: 1.5rem 1rem 4rem 0; } h1 small, h4 small { font-weight: normal; opacity: .65; }
details { border-top: 1px solid #8883; padding: .4rem 0; } summary { cursor: pointer; } summary span { opacity: .7; margin-left: .5rem; }
summary b { display: inline-block; width: 4.5rem; font-size: 12px; } code, pre { font: 12px/1.5 ui-monospace, monospace; }
pre { overflow: auto; max-height: 24rem; padding: .75rem; background: #8881; border-radius: 6px; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; }
@media (max-width: 700px) { body { display: block; padding: 0 1rem; } nav { position: static; height: auto; flex-flow: row wrap; padding: 1rem 0; } }`;
