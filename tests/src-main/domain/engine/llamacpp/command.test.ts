import { describe, expect, it } from 'vitest';
import type { Launch } from '../../../../../src-main/domain/engine/driver.ts';
import { flagIssues, llamacppCommand } from '../../../../../src-main/domain/engine/llamacpp/command.ts';
import { readTwoColumnHelp } from '../../../../../src-main/domain/engine/known-flags.ts';

const launch: Launch = {
  runtime: 'process',
  host: '127.0.0.1',
  knownFlags: null,
  hubToken: null,
  modelPath: '/models/a.gguf',
  servedName: 'a',
  task: 'generate',
  port: 4321,
  key: 'secret-key',
  version: 'v0.5.0',
  machine: { logicalCores: 4, physicalCores: 2, totalMemoryBytes: 8 * 2 ** 30, backend: 'cpu' },
  header: null,
  paths: {},
};
const GPU = { ...launch.machine, backend: 'cuda' } as const;

describe('the command of a launch', () => {
  it('says everything that llama.cpp would else choose silently', () => {
    const { args } = llamacppCommand({}, launch);
    expect(args.join(' ')).toBe(
      '-m /models/a.gguf --alias a --host 127.0.0.1 --port 4321 -c 8192 -np 4 --kv-unified -cram 1024 -ngl 0 -fit off' +
        ' -t 2 --metrics --no-ui -lv 4 --log-colors off',
    );
  });

  it('hands the key over by environment alone: anybody may read arguments', () => {
    const { args, env } = llamacppCommand({}, launch);
    expect(args.join(' ')).not.toContain('secret-key');
    expect(env).toEqual({ LLAMA_API_KEY: 'secret-key' });
  });

  it('lets only an unset layer count be fitted to a GPU', () => {
    expect(llamacppCommand({}, { ...launch, machine: GPU }).args.join(' ')).toContain('-ngl auto -fit on');
    expect(llamacppCommand({ ngl: 0 }, { ...launch, machine: GPU }).args.join(' ')).toContain('-ngl 0 -fit off');
  });

  it('takes no longer context by default than the model was trained with, but any the owner sets', () => {
    const header = { trainedContext: 2048, namesPooling: false, kvElementsPerToken: null };
    expect(llamacppCommand({}, { ...launch, header }).args.join(' ')).toContain('-c 2048');
    expect(llamacppCommand({ context_size: 4096 }, { ...launch, header }).args.join(' ')).toContain('-c 4096');
  });

  it('makes room for a whole slot in one micro-batch when embedding', () => {
    const embed = {
      ...launch,
      task: 'embed',
      header: { trainedContext: null, namesPooling: false, kvElementsPerToken: null },
    } as const;
    const args = llamacppCommand({ context_size: 4096, parallel_slots: 2, kv_unified: false }, embed).args.join(' ');
    expect(args).toContain('-b 2048 -ub 2048');
    expect(args).toContain('--embeddings --pooling mean');
    const named = { ...embed, header: { trainedContext: 512, namesPooling: true, kvElementsPerToken: null } };
    expect(llamacppCommand({}, named).args.join(' ')).toMatch(/-c 512 .*-b 512 -ub 512 --embeddings --metrics/);
  });

  it('sends switches both ways, paths resolved, and the owner’s own flags last', () => {
    const { args, env } = llamacppCommand(
      {
        flash_attention: false,
        cont_batching: false,
        skip_warmup: true,
        chat_template_file: 'a/t.jinja',
        verbose_logging: true,
        engine_startup_args_json: '[{"flag":"--keep","type":"int","value":0},{"flag":"--context-shift","type":"flag"}]',
        engine_startup_env_json: '[{"key":"NCCL_DEBUG","value":"INFO"}]',
      },
      { ...launch, paths: { chat_template_file: '/models/a/t.jinja' } },
    );
    const line = args.join(' ');
    expect(line).toContain('-fa off');
    expect(line).toContain('--no-cont-batching');
    expect(line).toContain('--no-warmup');
    expect(line).toContain('--chat-template-file /models/a/t.jinja');
    expect(line).toMatch(/-lv 5 --log-colors off --keep 0 --context-shift$/);
    expect(env['NCCL_DEBUG']).toBe('INFO');
  });

  it('makes the engine really use a draft model', () => {
    const line = llamacppCommand({ draft_model_path: 'd.gguf', draft_p_min: 0 }, launch).args.join(' ');
    expect(line).toContain('--spec-draft-model d.gguf --spec-type draft-simple --spec-draft-p-min 0');
  });

  it('guesses ahead without a draft model where a way of guessing is set', () => {
    const line = llamacppCommand({ spec_type: 'ngram-simple', draft_n: 8 }, launch).args.join(' ');
    expect(line).toContain('--spec-type ngram-simple --spec-draft-n-max 8');
  });

  it('loads adapters from their real paths, each with its scale', () => {
    const paths = { 'lora_adapters_json/0': '/companions/0/a.gguf', 'lora_adapters_json/1': '/companions/1/b.gguf' };
    const own = (list: unknown) => ({ lora_adapters_json: JSON.stringify(list) });
    const line = (list: unknown) => llamacppCommand(own(list), { ...launch, paths }).args.join(' ');
    expect(line(['a.gguf', 'b.gguf'])).toContain('--lora /companions/0/a.gguf,/companions/1/b.gguf');
    expect(line([{ path: 'a.gguf', scale: 0 }, 'b.gguf'])).toContain(
      '--lora-scaled /companions/0/a.gguf:0,/companions/1/b.gguf:1',
    );
  });

  it('answers reranking without restricting it to embeddings', () => {
    expect(llamacppCommand({ rerank: true }, launch).args.join(' ')).toMatch(/--rerank (?!.*--embeddings)/);
  });

  it('leaves out what this very binary does not know, and says so with the nearest spelling', () => {
    const known = readTwoColumnHelp(
      '-c,    --ctx-size N   size\n-np,   --parallel N   slots\n--threads-http N   threads',
    );
    const { args, unsupported } = llamacppCommand(
      { context_size: 512, threads_http: 2, cpu_moe: true, lora_init_without_apply: false },
      { ...launch, knownFlags: known },
    );
    expect(args.join(' ')).toContain('-c 512 -np 4 --threads-http 2 --metrics');
    expect(unsupported).toEqual([{ field: 'cpu_moe', message: '--cpu-moe is no flag of this engine' }]);
  });

  it('finds flags and values that this binary does not name in its help', () => {
    const fields = {
      engine_startup_args_json:
        '[{"flag":"--keep","type":"int","value":-1},{"flag":"--contex-shift","type":"flag"},{"flag":"--nope","type":"flag"}]',
      cache_type_k: 'q4_0',
    };
    const known = readTwoColumnHelp(
      [
        '--keep N                                tokens to keep',
        '-ctk,  --cache-type-k TYPE              KV cache data type for K',
        '                                        allowed values: f32, f16, bf16',
        '--context-shift, --no-context-shift     whether to',
      ].join('\n'),
    );
    expect(known && flagIssues(fields, known)).toEqual([
      {
        field: 'engine_startup_args_json',
        message: '--contex-shift is no flag of this engine; did you mean --context-shift?',
      },
      { field: 'engine_startup_args_json', message: '--nope is no flag of this engine' },
      { field: 'cache_type_k', message: '"q4_0" is not offered by this engine; it offers f32, f16, bf16' },
    ]);
  });
});
