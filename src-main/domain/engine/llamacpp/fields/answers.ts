import { choice, integer, json, jsonFlag, text, toggle } from '../../field-rows.ts';
import { adaptersIn, adaptersProblem, type Adapter } from '../../adapters.ts';
import type { FieldRow, FieldValue } from '../../field-table.ts';

const MILLION = 1_000_000;
const ADAPTERS = 'Adapters';

/** How prompts are made of messages, and what the model answers with. */
export const answerFields: readonly FieldRow[] = [
  toggle(
    {
      name: 'jinja_enabled',
      label: 'Jinja templates',
      help: 'Builds prompts with the chat template of the file; tools need it.',
      group: 'Chat and tasks',
    },
    '--jinja',
    '--no-jinja',
  ),
  text(
    {
      name: 'chat_template',
      label: 'Chat template',
      help: 'A template’s name (chatml) or its whole text, instead of the one in the file.',
      group: 'Chat and tasks',
    },
    '--chat-template',
  ),
  text(
    {
      name: 'chat_template_file',
      label: 'Chat template file',
      help: 'A file inside the library that holds the chat template.',
      group: 'Chat and tasks',
    },
    '--chat-template-file',
    { isPath: true },
  ),
  jsonFlag(
    {
      name: 'chat_template_kwargs',
      label: 'Template parameters',
      help: 'What the chat template is given beside the messages: {"enable_thinking": false}.',
      group: 'Chat and tasks',
    },
    '--chat-template-kwargs',
    'object',
  ),
  choice(
    {
      name: 'reasoning',
      label: 'Reasoning',
      help: 'Whether a reasoning model thinks first; auto leaves it to the template.',
      group: 'Chat and tasks',
    },
    '--reasoning',
    ['on', 'off', 'auto'],
    { aliases: '-rea' },
  ),
  text(
    {
      name: 'reasoning_effort',
      label: 'Reasoning effort',
      help: 'How hard it thinks, in the words of its template: low, medium, high.',
      group: 'Chat and tasks',
    },
    '--reasoning-effort',
    { suggestions: ['default', 'low', 'medium', 'high'] },
  ),
  choice(
    {
      name: 'reasoning_format',
      label: 'Reasoning format',
      help: 'Where a reasoning model’s thoughts go: into reasoning_content, or left in the answer.',
      group: 'Chat and tasks',
    },
    '--reasoning-format',
    ['none', 'auto', 'deepseek', 'deepseek-legacy'],
  ),
  integer(
    {
      name: 'reasoning_budget',
      label: 'Reasoning budget',
      help: 'Tokens a reasoning model may think; 0 none, -1 as many as it wants.',
      group: 'Chat and tasks',
    },
    '--reasoning-budget',
    [-1, MILLION],
    { unit: 'tokens' },
  ),
  toggle(
    {
      name: 'enable_embeddings',
      label: 'Embeddings beside chat',
      help: 'Answers /v1/embeddings too. A model for the task "embed" always does.',
      group: 'Chat and tasks',
    },
    '--embeddings',
    null,
    { render: () => [] },
  ),
  choice(
    {
      name: 'pooling',
      label: 'Pooling',
      help: 'How the tokens’ embeddings become one; left empty, the file’s own, or the mean where it names none.',
      group: 'Chat and tasks',
    },
    '--pooling',
    ['none', 'mean', 'cls', 'last', 'rank'],
    { render: () => [] },
  ),
  text(
    {
      name: 'mmproj_path',
      label: 'Projector for images',
      help: 'The mmproj file inside the library that lets this model see images or hear sound.',
      group: 'Chat and tasks',
    },
    '--mmproj',
    { aliases: '-mm', isPath: true },
  ),
  toggle(
    {
      name: 'mmproj_offload',
      label: 'Projector on the GPU',
      help: 'Off computes images on the CPU and leaves the GPU’s memory to the model.',
      group: 'Chat and tasks',
    },
    '--mmproj-offload',
    '--no-mmproj-offload',
  ),
  integer(
    {
      name: 'image_min_tokens',
      label: 'Fewest tokens an image',
      help: 'For models that choose how finely they look.',
      group: 'Chat and tasks',
    },
    '--image-min-tokens',
    [1, MILLION],
    { unit: 'tokens' },
  ),
  integer(
    {
      name: 'image_max_tokens',
      label: 'Most tokens an image',
      help: 'Fewer are faster and see less.',
      group: 'Chat and tasks',
    },
    '--image-max-tokens',
    [1, MILLION],
    { unit: 'tokens' },
  ),
  toggle(
    {
      name: 'rerank',
      label: 'Reranking',
      help: 'Answers /v1/rerank: the model must be a reranker.',
      group: 'Chat and tasks',
    },
    '--rerank',
    null,
    { aliases: '--reranking' },
  ),
  text(
    {
      name: 'grammar_file',
      label: 'Grammar file',
      help: 'A GBNF file inside the library that every answer must follow.',
      group: 'Chat and tasks',
    },
    '--grammar-file',
    { isPath: true },
  ),
  integer(
    {
      name: 'seed',
      label: 'Seed',
      help: 'The same seed and the same request give the same answer; -1 is random.',
      group: 'Chat and tasks',
    },
    '--seed',
    [-1, 4_294_967_295],
    { aliases: '-s' },
  ),
  json(
    {
      name: 'lora_adapters_json',
      label: 'LoRA adapters',
      help: 'A JSON list of adapter files inside the library, each a path or {"path": ..., "scale": 0.5}.',
      group: ADAPTERS,
    },
    {
      flag: '--lora',
      aliases: '--lora-scaled',
      check: (value) => adapterProblem(value),
      pathsIn: (value) => adaptersIn(value).map((adapter) => adapter.path),
      render: (value) => renderAdapters(adaptersIn(value)),
    },
  ),
  toggle(
    {
      name: 'lora_init_without_apply',
      label: 'Load adapters switched off',
      help: 'They are loaded with scale 0; a request or a later call switches them on.',
      group: ADAPTERS,
    },
    '--lora-init-without-apply',
    null,
  ),
];

/** llama.cpp separates adapters by commas and a scale by a colon, so that no path may hold them. */
function adapterProblem(value: FieldValue): string | null {
  const problem = adaptersProblem(value);
  if (problem !== null) return problem;
  const adapters = adaptersIn(value);
  if (adapters.some((adapter) => adapter.name !== null))
    return 'names adapters, which only vLLM does; leave "name" out';
  const odd = adapters.find((adapter) => /[,:]/.test(adapter.path));
  return odd === undefined ? null : `"${odd.path}" holds a comma or a colon, which llama.cpp cannot read here`;
}

function renderAdapters(adapters: readonly Adapter[]): readonly string[] {
  if (adapters.length === 0) return [];
  return adapters.every((adapter) => adapter.scale === null)
    ? ['--lora', adapters.map((adapter) => adapter.path).join(',')]
    : ['--lora-scaled', adapters.map((adapter) => `${adapter.path}:${adapter.scale ?? 1}`).join(',')];
}
