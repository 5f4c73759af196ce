import { withoutFlags } from '../../diagnosis.ts';
import type { DiagnosisInput } from '../../driver.ts';
import { advice, type FailureRule, type Fix } from '../../failure-rule.ts';
import { otherEngine } from '../../runtime-failures.ts';
import { withoutGraphs } from '../fixes.ts';
import { vllmRows } from '../rows.ts';

/** What is wrong with the command line or around the engine. Texts are those of 0.28 to 0.33. */
export const ENGINE_RULES: readonly FailureRule[] = [
  otherEngine('llama.cpp', 'vLLM', /^error: invalid argument: \S|llama_server: initializing/),
  {
    code: 'invalid_argument',
    pattern: /unrecognized arguments?: (.+)/,
    summary: (match) => `This version of vLLM does not know ${flagsIn(match[1]).join(', ') || match[1]}.`,
    fixes: (input, match) => argumentFixes(input, flagsIn(match[1])),
  },
  {
    code: 'invalid_argument',
    pattern: /error: argument (\S+?): (.+)/,
    summary: (match) => `vLLM refused the flag ${match[1]}: ${match[2]}.`,
    // argparse names every spelling: "--quantization/-q".
    fixes: (input, match) => argumentFixes(input, (match[1] ?? '').split('/')),
  },
  {
    code: 'port_in_use',
    pattern: /\[Errno 98\] (?:error while attempting to bind on address .*|Address already in use)/i,
    summary: 'Another program took the port before the engine could.',
    fixes: advice('Start it again; another free port is taken'),
  },
  {
    code: 'disk_full',
    pattern: /No space left on device|Disk quota exceeded/,
    summary: 'The disk is full.',
    fixes: advice('Make room on the disk: models and the engine’s cache are the largest'),
  },
  {
    code: 'permission_denied',
    pattern: /PermissionError: \[Errno 13\] Permission denied: '([^']+)'/,
    summary: (match) => `The engine may not read or write ${match[1]}.`,
    fixes: advice('Let everybody read the model’s files, or their owner be the one who started this program'),
  },
  {
    code: 'configuration_invalid',
    pattern: /(?:pydantic\S*ValidationError|validation errors? for \w+Config)|Value error, (.+?)(?: \[type=|$)/,
    summary: (match) =>
      match[1] === undefined ? 'vLLM refused the configuration.' : `vLLM refused the configuration: ${match[1]}.`,
    fixes: advice('Change the field that is named, or clear it'),
  },
  {
    code: 'cuda_error',
    pattern: /CUDA error: (?!.*(?:driver version|no kernel image|unsupported toolchain|out of memory))(.+)/,
    summary: (match) => `The NVIDIA driver reported an error: ${match[1]}.`,
    fixes: (input) => [
      ...withoutGraphs(input.fields),
      { title: 'Check the GPU with nvidia-smi; a restart of the machine often helps', patch: null },
    ],
  },
  {
    code: 'network_failed',
    pattern:
      /ConnectTimeoutError|Connection refused|Cannot connect to|NameResolutionError|Temporary failure in name resolution|Max retries exceeded/,
    summary: 'The engine could not reach the hub.',
    fixes: advice(
      'Check that this machine reaches the internet from a container',
      'Or download the model under Library, and start it from there',
    ),
  },
  {
    code: 'chat_template_missing',
    pattern: /As of transformers v4\.44, default chat template is no longer allowed/,
    summary: 'The model has no chat template: it completes texts, but does not chat.',
    fixes: advice('Use /v1/completions, or set a chat template'),
    isHarmless: true,
  },
  {
    code: 'slow_start',
    pattern: /No available shared memory broadcast block found in (\d+) seconds/,
    summary: 'The engine is still preparing; the first start of a model may take a quarter of an hour.',
    fixes: advice('Wait; later starts are faster, because what was compiled is kept'),
    isHarmless: true,
  },
  {
    code: 'flag_deprecated',
    pattern: /`?(--[\w-]+)`? (?:option )?.*deprecated|deprecated.*`?(--[\w-]+)`?/i,
    summary: (match) => `A coming version of vLLM will no longer know ${match[1] ?? match[2]}; this one does.`,
    fixes: advice('Nothing is to be done'),
    isHarmless: true,
  },
];

function flagsIn(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((part) => /^--?[A-Za-z]/.test(part));
}

function argumentFixes(input: DiagnosisInput, flags: readonly string[]): Fix[] {
  const fixes = withoutFlags(input.fields, vllmRows, flags);
  return fixes.length > 0 ? fixes : [{ title: 'Take another image, or clear the field behind this flag', patch: null }];
}
