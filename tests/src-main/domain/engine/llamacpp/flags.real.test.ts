import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { flagOwners, refuseArgument } from '../../../../../src-main/domain/engine/custom.ts';
import { llamacppPolicy } from '../../../../../src-main/domain/engine/llamacpp/custom.ts';
import { readTwoColumnHelp } from '../../../../../src-main/domain/engine/known-flags.ts';
import { llamacppFields } from '../../../../../src-main/domain/engine/llamacpp/fields.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

const executable = () => join(inject('engineDir'), 'llama-server');
const flagsInHelp = (text: string) => new Set(readTwoColumnHelp(text)?.flags.keys());
const help = () => execFileSync(executable(), ['--help'], { encoding: 'utf8', timeout: 10_000 });

describe('the field table and the real engine', () => {
  it('agree on every flag that a row becomes', () => {
    const known = flagsInHelp(help());
    expect(known.size).toBeGreaterThan(200);
    const samples = { integer: 1, number: 1, boolean: true, string: '["x"]', choice: 'x', list: 'x' } as const;
    for (const row of llamacppFields.rows) {
      if (row.appliesTo !== 'engine') continue;
      const values = row.type === 'boolean' ? [true, false] : [samples[row.type]];
      for (const argument of values.flatMap((value) => row.render(value))) {
        if (/^--?[a-z]/.test(argument))
          expect([row.name, argument, known.has(argument)]).toEqual([row.name, argument, true]);
      }
    }
  });

  it('leave no way to make the engine read files, reach the network or open itself: each such flag is refused', () => {
    const dangerous = /\b(FNAME|FILE|PATH|DIR|URL|KEY|TOKEN|SERVERS|HOST|PORT|JSON|<user>|<repo>)/;
    const harmless = new Set(['-l', '--logit-bias', '--json-schema', '-j', '--override-kv', '--chat-template-file']);
    const owners = flagOwners(llamacppFields.rows);
    const open: string[] = [];
    for (const line of help().split('\n')) {
      const head = line.split(/\s{2,}(?![\s-])/, 1)[0] ?? '';
      if (!line.startsWith('-') || !dangerous.test(head)) continue;
      for (const flag of flagsInHelp(head)) {
        if (
          !harmless.has(flag) &&
          refuseArgument({ flag, type: 'string', value: 'x' }, llamacppPolicy, owners) === null
        )
          open.push(flag);
      }
    }
    expect(open).toEqual([]);
  });

  it('start together with nearly every field set', async () => {
    await using bench = new Workbench({ executable: executable() });
    const id = await bench.add(SELF_TEST_MODEL, {
      ngl: 0,
      context_size: 2048,
      parallel_slots: 2,
      kv_unified: false,
      cache_type_k: 'q8_0',
      cache_type_v: 'q8_0',
      flash_attention: true,
      kv_offload: false,
      swa_full: true,
      cache_prompt: false,
      cache_reuse: 0,
      cache_ram_mb: 0,
      split_mode: 'layer',
      main_gpu: 0,
      n_cpu_moe: 0,
      load_mode: 'none',
      numa_policy: 'distribute',
      check_tensors: true,
      skip_warmup: true,
      threads_batch: 2,
      batch_size: 512,
      ubatch_size: 256,
      cont_batching: true,
      jinja_enabled: true,
      chat_template: 'chatml',
      reasoning_format: 'none',
      reasoning_budget: 0,
      enable_embeddings: true,
      pooling: 'mean',
      rope_scaling: 'none',
      rope_scale: 1,
      rope_freq_base: 10_000,
      rope_freq_scale: 1,
      yarn_orig_ctx: 0,
      verbose_logging: true,
      draft_model_path: SELF_TEST_MODEL,
      draft_n: 4,
      draft_n_min: 0,
      draft_p_min: 0,
      draft_ngl: 0,
      context_shift: false,
      n_predict: 64,
      ctx_checkpoints: 0,
      cpu_moe: true,
      fit: false,
      op_offload: false,
      thread_priority: 0,
      threads_http: 2,
      yarn_ext_factor: -1,
      yarn_attn_factor: -1,
      yarn_beta_slow: -1,
      yarn_beta_fast: -1,
      chat_template_kwargs: '{"enable_thinking": false}',
      reasoning: 'off',
      reasoning_effort: 'low',
      mmproj_offload: false,
      seed: 1,
      override_tensor: 'exps=CPU',
      lora_init_without_apply: true,
      spec_type: 'draft-simple,ngram-simple',
      spec_ngram_simple_size_n: 4,
      spec_ngram_simple_size_m: 8,
      spec_ngram_simple_min_hits: 1,
    });
    expect(await bench.supervisor.start(id)).toMatchObject({ status: 'running', diagnosis: null });
    expect(bench.models.get(id).engine).toMatchObject({ slots: 2, context_length: 1024 });
    expect(await bench.supervisor.logs(id)).toMatch(/draft-simple|speculative/i);
  });
});
