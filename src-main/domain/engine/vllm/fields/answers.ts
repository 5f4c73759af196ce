import { choice, integer, jsonFlag, suggested, text, toggle } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

const MILLION = 1_000_000;
const field = (name: string, label: string, help: string) => ({ name, label, help, group: 'Chat and tasks' });

const TOOL_PARSERS =
  'hermes llama3_json llama4_json llama4_pythonic mistral qwen3_coder qwen3_xml openai deepseek_v3 deepseek_v31 deepseek_v32' +
  ' deepseek_v4 glm45 glm47 kimi_k2 kimi_k3 minimax_m2 minimax_m3 gemma4 functiongemma granite granite4 granite-20b-fc' +
  ' apertus cohere_command3 cohere_command4 dots ernie45 gigachat3 hunyuan_a13b hy_v3 inkling internlm jamba lfm2 ling3' +
  ' longcat mimo minicpm5 muse_glimmer olmo3 phi4_mini_json poolside_v1 pythonic seed_oss step3 step3p5 xlam';
const REASONING_PARSERS =
  'qwen3 deepseek_r1 deepseek_v3 deepseek_v4 openai_gptoss glm45 glm47 kimi_k2 kimi_k3 minimax_m2 minimax_m2_append_think' +
  ' minimax_m3 mistral gemma4 granite nemotron_v3 cohere_command3 cohere_command4 ernie45 holo2 hunyuan_a13b hy_v3 inkling' +
  ' ling3 mimo muse_glimmer olmo3 poolside_v1 seed_oss step3 step3p5';

/** What the model is asked for, how prompts are made of messages, and how answers are taken apart. */
export const answerFields: readonly FieldRow[] = [
  choice(
    field('runner', 'Runs as', 'generate answers, pooling makes embeddings and scores. Left empty, as the task says.'),
    '--runner',
    ['auto', 'generate', 'pooling', 'draft'],
  ),
  choice(field('convert', 'Made into', 'Makes an answering model one that embeds or classifies.'), '--convert', [
    'auto',
    'none',
    'embed',
    'classify',
  ]),
  jsonFlag(
    field('pooler_config', 'Pooling', 'How the tokens’ embeddings become one: {"pooling_type": "MEAN"}.'),
    '--pooler-config',
    'object',
  ),
  text(
    field(
      'chat_template',
      'Chat template',
      'The whole text of a template, instead of the one that comes with the model.',
    ),
    '--chat-template',
  ),
  text(
    field('chat_template_file', 'Chat template file', 'A file inside the library that holds the chat template.'),
    '--chat-template',
    { isPath: true },
  ),
  choice(
    field(
      'chat_template_content_format',
      'Content for the template',
      'How the parts of a message are handed to the template.',
    ),
    '--chat-template-content-format',
    ['auto', 'string', 'openai'],
  ),
  jsonFlag(
    field(
      'chat_template_kwargs',
      'Template parameters',
      'What the chat template is given beside the messages: {"enable_thinking": false}.',
    ),
    '--default-chat-template-kwargs',
    'object',
  ),
  toggle(
    field(
      'enable_auto_tool_choice',
      'The model may call tools',
      'The model decides by itself when to call a tool; needs the parser below.',
    ),
    '--enable-auto-tool-choice',
    '--no-enable-auto-tool-choice',
  ),
  suggested(
    field('tool_call_parser', 'Tool call parser', 'How this family of models writes its tool calls.'),
    '--tool-call-parser',
    TOOL_PARSERS,
  ),
  suggested(
    field(
      'reasoning_parser',
      'Reasoning parser',
      'How this family of models marks its thoughts; they then come apart from the answer.',
    ),
    '--reasoning-parser',
    REASONING_PARSERS,
  ),
  jsonFlag(
    field(
      'structured_outputs_config',
      'Structured answers',
      'How answers are held to a schema: {"backend": "xgrammar"}.',
    ),
    '--structured-outputs-config',
    'object',
  ),
  choice(
    field('generation_config', 'Sampling defaults of', 'auto: what comes with the model. vllm: vLLM’s own.'),
    '--generation-config',
    ['auto', 'vllm'],
  ),
  jsonFlag(
    field('override_generation_config', 'Sampling defaults', 'Replaces some of them: {"temperature": 0.6}.'),
    '--override-generation-config',
    'object',
  ),
  integer(
    field('max_logprobs', 'Most log probabilities', 'A request may ask for so many of each token; -1 for all.'),
    '--max-logprobs',
    [-1, MILLION],
  ),
  integer(
    field('seed', 'Seed', 'The same seed and the same request give the same answer.'),
    '--seed',
    [0, 4_294_967_295],
  ),
  toggle(
    field(
      'enable_prompt_tokens_details',
      'Count reused tokens',
      'Usage then tells how many prompt tokens were reused.',
    ),
    '--enable-prompt-tokens-details',
    '--no-enable-prompt-tokens-details',
  ),
  toggle(
    field(
      'enable_force_include_usage',
      'Usage in every stream',
      'Tells the tokens of a stream even where a client does not ask.',
    ),
    '--enable-force-include-usage',
    '--no-enable-force-include-usage',
  ),
];
