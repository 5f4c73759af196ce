import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  closestFlag,
  readArgparseHelp,
  readFlagDump,
  readTwoColumnHelp,
} from '../../../../src-main/domain/engine/known-flags.ts';
import { driverOf } from '../../../../src-main/domain/engine/registry.ts';
import { HELP } from '../../../fakes/vllm/flags.ts';

const choicesOf = (known: ReturnType<typeof readTwoColumnHelp>) =>
  Object.fromEntries([...(known?.flags ?? [])].map(([flag, { choices }]) => [flag, choices]));

describe('the help of llama-server', () => {
  it('gives every spelling of an entry with what it offers, and nothing of its description', () => {
    const help = [
      '----- common params -----',
      '-t,    --threads N                      number of CPU threads (see --fake)',
      '                                        (env: LLAMA_ARG_THREADS) --not-this',
      '--perf, --no-perf                       whether to enable timings',
      '--poll <0...100>                        use polling',
      "-fa,   --flash-attn [on|off|auto]       set Flash Attention use ('on', 'off', or 'auto')",
      '-sm,   --split-mode {none,layer,row,tensor}',
      '                                        how to split the model',
      '-ctk,  --cache-type-k TYPE              KV cache data type for K',
      '                                        allowed values: f32, f16, bf16',
    ].join('\r\n');
    expect(choicesOf(readTwoColumnHelp(help))).toEqual({
      '-t': null,
      '--threads': null,
      '--perf': null,
      '--no-perf': null,
      '--poll': null,
      '-fa': ['on', 'off', 'auto'],
      '--flash-attn': ['on', 'off', 'auto'],
      '-sm': ['none', 'layer', 'row', 'tensor'],
      '--split-mode': ['none', 'layer', 'row', 'tensor'],
      '-ctk': ['f32', 'f16', 'bf16'],
      '--cache-type-k': ['f32', 'f16', 'bf16'],
    });
  });
});

describe('the help of vLLM', () => {
  it('gives short forms, both sides of a switch and choices', () => {
    const help = [
      'usage: vllm serve [model_tag] [options]',
      '',
      'options:',
      '  -h, --help            show this help message and exit',
      '  --enable-lora, --no-enable-lora',
      '                        If True, enable --lora handling (default: False)',
      '  --tensor-parallel-size TENSOR_PARALLEL_SIZE, -tp TENSOR_PARALLEL_SIZE',
      '  --dtype {auto,bfloat16,half}',
      '  --cudagraph-capture-sizes SIZES [SIZES ...]',
    ].join('\n');
    expect(choicesOf(readArgparseHelp(help))).toEqual({
      '-h': null,
      '--help': null,
      '--enable-lora': null,
      '--no-enable-lora': null,
      '--tensor-parallel-size': null,
      '-tp': null,
      '--dtype': ['auto', 'bfloat16', 'half'],
      '--cudagraph-capture-sizes': null,
    });
  });

  it('is read whole where the program prints it', () => {
    const known = driverOf('vllm').readFlags(HELP);
    expect(known?.flags.size).toBeGreaterThan(330);
    expect(known?.flags.get('--runner')?.choices).toEqual(['auto', 'draft', 'generate', 'pooling']);
  });

  it('is read from a dump of its parser, whatever imports print around it', () => {
    const dump = {
      version: '0.33.0',
      actions: [
        { flags: ['--load-format'], choices: ['auto', 'gguf'] },
        { flags: ['--seed'], choices: null },
        { flags: 7, choices: null },
      ],
    };
    const known = driverOf('vllm').readFlags(`INFO [x.py:1] hello\nENGINE_FLAGS ${JSON.stringify(dump)}\nbye\n`);
    expect(known?.version).toBe('0.33.0');
    expect(choicesOf(known)).toEqual({ '--load-format': ['auto', 'gguf'], '--seed': null });
  });
});

describe('any text', () => {
  it('is read without an error, and gives nothing where it is no help', () => {
    for (const read of [readTwoColumnHelp, readArgparseHelp, readFlagDump]) {
      fc.assert(fc.property(fc.string(), (text) => void read(text)));
      expect(read('exec: "python3": executable file not found in $PATH')).toBeNull();
      expect(read('ENGINE_FLAGS {"actions": [')).toBeNull();
    }
  });
});

describe('the nearest flag', () => {
  it('is one that differs little, and none where all differ much', () => {
    const known = ['--ctx-size', '--context-shift', '-c'];
    expect(closestFlag('--ctx-sise', known)).toBe('--ctx-size');
    expect(closestFlag('--contextshift', known)).toBe('--context-shift');
    expect(closestFlag('--nope', known)).toBeNull();
  });
});
