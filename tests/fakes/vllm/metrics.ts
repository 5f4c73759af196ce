/** What vLLM counts, by its real names (its v1/metrics/loggers.py). */
export interface Counts {
  running: number;
  promptTokens: number;
  generationTokens: number;
  finished: number;
  seconds: number[];
}

export function metricsText(model: string, counts: Counts, kvTokens: number): string {
  const labels = `{engine="0",model_name="${model}"}`;
  const gauge = (name: string, value: number) => [`# TYPE vllm:${name} gauge`, `vllm:${name}${labels} ${value}`];
  const counter = (name: string, value: number) => [
    `# TYPE vllm:${name} counter`,
    `vllm:${name}_total${labels} ${value}`,
  ];
  return [
    ...gauge('num_requests_running', counts.running),
    ...gauge('num_requests_waiting', 0),
    ...gauge('kv_cache_usage_perc', counts.running === 0 ? 0 : 0.01),
    ...counter('prefix_cache_queries', counts.promptTokens),
    ...counter('prefix_cache_hits', 0),
    ...counter('num_preemptions', 0),
    ...counter('prompt_tokens', counts.promptTokens),
    ...counter('generation_tokens', counts.generationTokens),
    '# TYPE vllm:request_success counter',
    `vllm:request_success_total{engine="0",finished_reason="stop",model_name="${model}"} ${counts.finished}`,
    '# TYPE vllm:cache_config_info gauge',
    `vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0",kv_cache_size_tokens="${kvTokens}"} 1.0`,
    ...['time_to_first_token_seconds', 'inter_token_latency_seconds', 'e2e_request_latency_seconds'].flatMap((name) =>
      histogram(name, model, counts.seconds),
    ),
    '',
  ].join('\n');
}

const BUCKETS = [0.001, 0.01, 0.1, 1, 10];

function histogram(name: string, model: string, seconds: readonly number[]): string[] {
  const labels = `engine="0",model_name="${model}"`;
  const within = (bound: number) => seconds.filter((value) => value <= bound).length;
  return [
    `# TYPE vllm:${name} histogram`,
    ...BUCKETS.map((bound) => `vllm:${name}_bucket{${labels},le="${bound}"} ${within(bound)}`),
    `vllm:${name}_bucket{${labels},le="+Inf"} ${seconds.length}`,
    `vllm:${name}_sum{${labels}} ${seconds.reduce((sum, value) => sum + value, 0)}`,
    `vllm:${name}_count{${labels}} ${seconds.length}`,
  ];
}
