import { choice, integer, text, toggle, pattern } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

const MILLION = 1_000_000;

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
    { check: pattern(/^(?!-)/, 'must not begin with a dash') },
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
    { isPath: true },
  ),
];
