import { ENDS, FILES, PROGRAM_SETS, REACH, refusedFlags, type CustomPolicy } from '../custom.ts';

const CODE = 'loads code that is not part of the engine';

/** What vLLM does not take from its owner: flags of 0.29, and the families that newer versions extend. */
export const vllmPolicy: CustomPolicy = {
  spelling: 'argparse',
  refused: refusedFlags({
    [PROGRAM_SETS]:
      '--host --port --api-key --model --served-model-name --hf-token --device-ids --disable-log-stats --uvicorn-log-level' +
      ' --log-config-file --aggregate-engine-logging --download-dir',
    [REACH]:
      '--uds --root-path --allowed-origins --allowed-methods --allowed-headers --allow-credentials --no-allow-credentials' +
      ' --allowed-media-domains --tool-server --otlp-traces-endpoint --collect-detailed-traces --kv-transfer-config' +
      ' --ec-transfer-config --kv-events-config --weight-transfer-config --api-server-count -asc --headless --grpc' +
      ' --nnodes --node-rank --master-addr --master-port --data-parallel-address --data-parallel-rpc-port' +
      ' --data-parallel-rank --data-parallel-start-rank --data-parallel-size-local --data-parallel-backend' +
      ' --data-parallel-hybrid-lb --data-parallel-external-lb --data-parallel-multi-port-external-lb' +
      ' --data-parallel-supervisor-port -dpa -dpp -dpn -dpr -dpl -dpb -dph -dpe --trust-request-chat-template' +
      ' --enable-tokenizer-info-endpoint',
    [FILES]:
      '--config --allowed-local-media-path --profiler-config --mm-encoder-fp8-scale-path' +
      ' --mm-encoder-fp8-scale-save-path --model-loader-extra-config --ssl-keyfile --ssl-certfile --ssl-ca-certs' +
      ' --enable-trace-replay --ray-workers-use-nsight',
    [CODE]:
      '--middleware --tool-parser-plugin --reasoning-parser-plugin --io-processor-plugin --worker-cls' +
      ' --worker-extension-cls --scheduler-cls --logits-processors --model-class-overrides --additional-config',
    [ENDS]: '-h --help --version -v',
  }),
  families: [
    [/^--(no-)?(enable-)?ssl(-|$)/, REACH],
    [/^--(cors|allowed|api-key|dp-supervisor)(-|$)/, REACH],
    [/^--log-/, PROGRAM_SETS],
    [/-(plugin|cls)$/, CODE],
  ],
  lists: new Set([
    '--lora-target-modules',
    '--offload-params',
    '--cpu-offload-params',
    '--disable-access-log-for-endpoints',
    '--numa-bind-nodes',
    '--numa-bind-cpus',
  ]),
  variables:
    /^(VLLM_(API_KEY|NO_USAGE_STATS|DO_NOT_TRACK|LOGGING_|CONFIGURE_LOGGING|CACHE_ROOT|CONFIG_ROOT|ASSETS_CACHE|PLUGINS|PORT|HOST_IP|RPC_|DP_|ALLOW_INSECURE_SERIALIZATION|TORCH_PROFILER|DEBUG_DUMP|MODEL_REDIRECT|ENGINE_READY_TIMEOUT_S|USE_RUST_FRONTEND|KEEP_ALIVE_ON_ENGINE_DEATH|LOG_STATS_INTERVAL|SERVER_SOCKET)|DO_NOT_TRACK$|NO_COLOR$|HF_HOME$|HF_HUB_CACHE$|TRANSFORMERS_CACHE$|TRITON_CACHE_DIR$|TORCHINDUCTOR_CACHE_DIR$|XDG_)/i,
};
