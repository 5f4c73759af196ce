import { describe, expect, it } from 'vitest';
import type { Launch } from '../../../../../src-main/domain/engine/driver.ts';
import { llamacppCommand, unknownFlags } from '../../../../../src-main/domain/engine/llamacpp/command.ts';

const launch: Launch = {
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
    const header = { trainedContext: 2048, namesPooling: false };
    expect(llamacppCommand({}, { ...launch, header }).args.join(' ')).toContain('-c 2048');
    expect(llamacppCommand({ context_size: 4096 }, { ...launch, header }).args.join(' ')).toContain('-c 4096');
  });

  it('makes room for a whole slot in one micro-batch when embedding', () => {
    const embed = { ...launch, task: 'embed', header: { trainedContext: null, namesPooling: false } } as const;
    const args = llamacppCommand({ context_size: 4096, parallel_slots: 2, kv_unified: false }, embed).args.join(' ');
    expect(args).toContain('-b 2048 -ub 2048');
    expect(args).toContain('--embeddings --pooling mean');
    const named = { ...embed, header: { trainedContext: 512, namesPooling: true } };
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
        engine_startup_env_json: '[{"key":"CUDA_VISIBLE_DEVICES","value":"1"}]',
      },
      { ...launch, paths: { chat_template_file: '/models/a/t.jinja' } },
    );
    const line = args.join(' ');
    expect(line).toContain('-fa off');
    expect(line).toContain('--no-cont-batching');
    expect(line).toContain('--no-warmup');
    expect(line).toContain('--chat-template-file /models/a/t.jinja');
    expect(line).toMatch(/-lv 5 --log-colors off --keep 0 --context-shift$/);
    expect(env['CUDA_VISIBLE_DEVICES']).toBe('1');
  });

  it('makes the engine really use a draft model', () => {
    const line = llamacppCommand({ draft_model_path: 'd.gguf', draft_p_min: 0 }, launch).args.join(' ');
    expect(line).toContain('--spec-draft-model d.gguf --spec-type draft-simple --spec-draft-p-min 0');
  });

  it('finds flags that this binary does not name in its help', () => {
    const fields = {
      engine_startup_args_json: '[{"flag":"--keep","type":"int","value":-1},{"flag":"--nope","type":"flag"}]',
    };
    expect(unknownFlags(fields, '--keep N    tokens to keep')).toEqual(['--nope']);
  });
});
