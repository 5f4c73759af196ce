import { ENDS, FILES, PROGRAM_SETS, REACH, refusedFlags, type CustomPolicy } from '../custom.ts';

/** What llama.cpp does not take from its owner: flags of v0.5.0, and the families that newer versions extend. */
export const llamacppPolicy: CustomPolicy = {
  spelling: 'exact',
  refused: refusedFlags({
    [PROGRAM_SETS]:
      '--host --port --reuse-port --api-key --api-key-file --api-prefix -a --alias -m --model --metrics --slots --no-slots' +
      ' --log-file --log-disable --log-jsonl --no-log-jsonl --log-colors --log-prefix --no-log-prefix --log-timestamps' +
      ' --no-log-timestamps -v --verbose --log-verbose -lv --verbosity --log-verbosity --ui --no-ui --webui --no-webui' +
      ' --embedding --embeddings --tags -to --timeout --offline --sleep-idle-seconds',
    [REACH]:
      '-mu --model-url -dr --docker-repo -hf -hfr --hf-repo -hff --hf-file -hft --hf-token --spec-draft-hf -hfd -hfrd' +
      ' --hf-repo-draft --mmproj-url -mmu --rpc --tools --tools-runtime --mcp-servers-config --mcp-servers-json -ag' +
      ' --agent --ui-mcp-proxy --webui-mcp-proxy --ui-config --webui-config --cors-origins --cors-methods --cors-headers' +
      ' --cors-credentials --props --server-base --models-dir --models-preset --models-max --models-autoload' +
      ' --no-models-autoload --ssl-key-file --ssl-cert-file',
    [FILES]:
      '--slot-save-path --path --media-path --ui-config-file --webui-config-file --log-prompts-dir -lcs' +
      ' --lookup-cache-static -lcd --lookup-cache-dynamic -f --file -sysf --system-prompt-file --in-file -bf' +
      ' --binary-file --prompt-cache -jf --json-schema-file --control-vector' +
      ' --control-vector-scaled --image --audio --video --video-ffmpeg-dir --logits-output-dir -o --output' +
      ' --output-file --tts-speaker-file --context-file',
    [ENDS]: '-h --help --usage --version --list-devices -cl --cache-list --completion-bash',
  }),
  families: [
    [/^--(ssl|cors|api-key|mcp|tools|models)(-|$)/, REACH],
    [/^--(hf|docker)-/, REACH],
    // They load a model from the hub: "--fim-qwen-7b-spec".
    [/^--(embd|fim|gpt-oss|vision)-.*-(default|spec)$/, REACH],
    [/^--log-/, PROGRAM_SETS],
  ],
  lists: null,
  variables: /^(LLAMA_|VK_|GGML_BACKEND_PATH$|HF_|.*_PROXY$)/i,
};
