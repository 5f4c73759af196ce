import { choice, jsonFlag, suggested, text, toggle, variableToggle, words } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

const field = (name: string, label: string, help: string) => ({ name, label, help, group: 'Model files' });

/** Where the model, its tokenizer and its configuration come from, and how they are read. */
export const sourceFields: readonly FieldRow[] = [
  text(
    field(
      'tokenizer',
      'Tokenizer',
      'A folder inside the library or a name on the hub, where the model has no tokenizer of its own. A GGUF file needs that of its base model.',
    ),
    '--tokenizer',
    { isPath: true, orHubId: true },
  ),
  suggested(
    field('tokenizer_mode', 'Tokenizer mode', 'Which code reads the tokenizer; auto is right for nearly every model.'),
    '--tokenizer-mode',
    'auto hf slow mistral deepseek_v32 deepseek_v4 inkling kimi_k3 cohere',
  ),
  text(
    field(
      'hf_config_path',
      'Configuration folder',
      'A folder inside the library or a name on the hub with the config.json, where the model has none. A GGUF file needs that of its base model.',
    ),
    '--hf-config-path',
    { isPath: true, orHubId: true },
  ),
  jsonFlag(
    field(
      'hf_overrides',
      'Configuration overrides',
      'Replaces values of the config.json: {"rope_parameters": {"rope_type": "yarn", "factor": 2}}.',
    ),
    '--hf-overrides',
    'object',
  ),
  suggested(
    field('config_format', 'Configuration format', 'How the configuration is written; auto finds out.'),
    '--config-format',
    'auto hf mistral',
  ),
  toggle(
    field(
      'trust_remote_code',
      'Run the model’s own code',
      'Runs Python files that come with the model, with all the rights of the engine. Only for a source that you trust.',
    ),
    '--trust-remote-code',
    '--no-trust-remote-code',
  ),
  text(field('revision', 'Revision', 'A branch, tag or commit of the model on the hub.'), '--revision'),
  text(
    field('code_revision', 'Revision of the code', 'A branch, tag or commit of the model’s own code on the hub.'),
    '--code-revision',
  ),
  text(
    field('tokenizer_revision', 'Revision of the tokenizer', 'A branch, tag or commit of the tokenizer on the hub.'),
    '--tokenizer-revision',
  ),
  variableToggle(
    field(
      'hf_offline',
      'Never ask the hub',
      'On for models from the library, off for models from the hub, unless it is said here.',
    ),
    'HF_HUB_OFFLINE',
    (on) => ({ HF_HUB_OFFLINE: on ? '1' : '0' }),
  ),
  suggested(
    field(
      'load_format',
      'Load format',
      'How weights are read. auto prefers safetensors; dummy fills in random weights, for trying settings; gguf and bitsandbytes need a plugin in the image.',
    ),
    '--load-format',
    'auto safetensors pt npcache dummy instanttensor runai_streamer runai_streamer_sharded sharded_state tensorizer mistral modelexpress gguf bitsandbytes',
  ),
  suggested(
    field(
      'safetensors_load_strategy',
      'Reading safetensors',
      'lazy maps the files; eager and prefetch read them whole, which is faster from a network drive.',
    ),
    '--safetensors-load-strategy',
    'lazy eager prefetch torchao',
  ),
  words(
    field('ignore_patterns', 'Files left out', 'Patterns of files on the hub that are not downloaded: original/**/*.'),
    '--ignore-patterns',
  ),
  choice(
    field(
      'dtype',
      'Number format',
      'The format it computes in; auto takes the model’s own. bfloat16 needs a GPU of the RTX 30 series or newer.',
    ),
    '--dtype',
    ['auto', 'half', 'float16', 'bfloat16', 'float', 'float32'],
    { essential: true },
  ),
  suggested(
    field(
      'quantization',
      'Quantization',
      'Left empty, it is read from the model, which is nearly always right. bitsandbytes needs a plugin in the image since 0.28.',
    ),
    '--quantization',
    'awq awq_marlin auto_awq gptq gptq_marlin auto_gptq compressed-tensors fp8 modelopt modelopt_fp4 modelopt_mxfp8 modelopt_mixed mxfp4 gpt_oss_mxfp4 quark moe_wna16 torchao inc experts_int8 humming fp8_per_tensor fp8_per_block fp8_per_channel int8_per_channel_weight_only nvfp4_per_token mxfp8 bitsandbytes',
    { aliases: '-q' },
  ),
  jsonFlag(
    field(
      'quantization_config',
      'Quantization while loading',
      'How full-size weights are made smaller while they are loaded.',
    ),
    '--quantization-config',
    'object',
  ),
  suggested(
    field(
      'model_impl',
      'Implementation',
      'vllm uses its own code for the model, transformers that of the Transformers library.',
    ),
    '--model-impl',
    'auto vllm transformers terratorch',
  ),
];
