import type { ContainerTraits, FlagProbe } from '../driver.ts';
import { FLAG_DUMP_MARK } from '../known-flags.ts';

const CACHE = '/cache';

/** Prints every flag of the argument parser with its choices, as `readFlagDump` reads it. Names of modules moved with versions. */
const PARSER_DUMP = `
import importlib, json
import vllm

def first(names, attribute):
    for name in names:
        try:
            return getattr(importlib.import_module(name), attribute)
        except (ImportError, AttributeError):
            pass
    raise SystemExit("no " + attribute)

make = first(["vllm.entrypoints.launchers.cli_args", "vllm.entrypoints.openai.cli_args"], "make_arg_parser")
parser = first(["vllm.utils.argparse_utils", "vllm.utils"], "FlexibleArgumentParser")
actions = [
    {"flags": a.option_strings, "choices": [str(c) for c in a.choices] if a.choices else None}
    for a in make(parser())._actions if a.option_strings
]
print("${FLAG_DUMP_MARK}" + json.dumps({"version": vllm.__version__, "actions": actions}))
`;

const PROBES: readonly FlagProbe[] = [
  { argv: ['python3', '-c', PARSER_DUMP] },
  { argv: ['vllm', 'serve', '--help=all'] },
];

/** How vLLM lives in a container: https://docs.vllm.ai/en/latest/deployment/docker */
export const vllmContainer: ContainerTraits = {
  defaultImage: 'vllm/vllm-openai:v0.33.0',
  port: 8000,
  modelsDir: '/models',
  cache: {
    dir: CACHE,
    // Everything that vLLM, torch and the hub's client write; `USER` because torch asks for a name, which a bare uid lacks.
    env: {
      HOME: CACHE,
      USER: 'vllm',
      HF_HOME: `${CACHE}/huggingface`,
      VLLM_CACHE_ROOT: `${CACHE}/vllm`,
      TRITON_CACHE_DIR: `${CACHE}/triton`,
      TORCHINDUCTOR_CACHE_DIR: `${CACHE}/inductor`,
    },
  },
  rootGroup: true,
  readOnlyRoot: false,
  sharedMemoryGiB: 8,
  flagProbes: PROBES,
};
