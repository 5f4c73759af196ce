import type { ContainerTraits, FlagProbe } from '../driver.ts';

const CACHE = '/cache';

/** The parser's module moved with 0.29; what it prints is read by `readFlags`. */
const parserDump = (module: string): FlagProbe => ({
  argv: [
    'python3',
    '-c',
    [
      'import json',
      `from ${module} import make_arg_parser`,
      'from vllm.utils.argparse_utils import FlexibleArgumentParser',
      'import vllm',
      'p = make_arg_parser(FlexibleArgumentParser())',
      'a = [{"flags": x.option_strings, "choices": [str(c) for c in x.choices] if x.choices else None}' +
        ' for x in p._actions if x.option_strings]',
      'print("FLAGS " + json.dumps({"version": vllm.__version__, "actions": a}))',
    ].join('\n'),
  ],
});

/** How vLLM lives in a container: https://docs.vllm.ai/en/latest/deployment/docker */
export const vllmContainer: ContainerTraits = {
  defaultImage: 'vllm/vllm-openai:v0.33.0',
  port: 8000,
  modelsDir: '/models',
  cache: {
    dir: CACHE,
    // Everything that vLLM, torch and the hub's client write; `USER` because torch asks for a name that a bare uid has not.
    env: {
      HOME: CACHE,
      USER: 'vllm',
      HF_HOME: `${CACHE}/huggingface`,
      VLLM_CACHE_ROOT: `${CACHE}/vllm`,
      TRITON_CACHE_DIR: `${CACHE}/triton`,
      TORCHINDUCTOR_CACHE_DIR: `${CACHE}/inductor`,
    },
  },
  readOnlyRoot: false,
  sharedMemoryGiB: 8,
  flagProbes: [
    parserDump('vllm.entrypoints.launchers.cli_args'),
    parserDump('vllm.entrypoints.openai.cli_args'),
    { argv: ['vllm', 'serve', '--help=all'] },
  ],
};
