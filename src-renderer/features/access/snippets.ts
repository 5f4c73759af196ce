export interface SnippetTarget {
  /** With /v1. */
  readonly baseUrl: string;
  readonly token: string;
  readonly model: string;
}

/** A request that a shell can run as it stands. */
export function curlSnippet({ baseUrl, token, model }: SnippetTarget): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] });
  return [
    `curl ${baseUrl}/chat/completions \\`,
    `  -H "Authorization: Bearer ${token}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${body.replaceAll("'", "'\\''")}'`,
  ].join('\n');
}

/** The same with OpenAI's own Python client. */
export function pythonSnippet({ baseUrl, token, model }: SnippetTarget): string {
  return [
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${JSON.stringify(baseUrl)}, api_key=${JSON.stringify(token)})`,
    'answer = client.chat.completions.create(',
    `    model=${JSON.stringify(model)},`,
    '    messages=[{"role": "user", "content": "Hello"}],',
    ')',
    'print(answer.choices[0].message.content)',
  ].join('\n');
}
