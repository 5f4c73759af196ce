/**
 * A stand-in for vLLM 0.29, for tests: no model is loaded and nothing is computed. It takes vLLM's real flags, refuses others
 * as argparse does, writes its log lines, fails for the reasons vLLM fails where a folder and flags can show them (and for
 * all others on demand), and answers its endpoints with one fixed sentence. It needs `node` and nothing else.
 *
 * `vllm serve [model] [flags]`. What it pretends is set by environment, or by a file `standin.json` in the model's folder:
 *
 *   STANDIN_FAIL          fail   an id of `failures.ts`
 *   STANDIN_KV_TOKENS     kvTokens   tokens that the KV cache holds at a share of 0.92 of the GPU's memory
 *   STANDIN_FREE_GIB      freeGib   free GPU memory, of STANDIN_TOTAL_GIB (24)
 *   STANDIN_GPUS          gpus   GPUs that it sees (8)
 *   STANDIN_LOAD_MS       loadMs   how long a start takes (400)
 *   STANDIN_CRASH_MS      crashMs   it dies so long after it was ready
 *   STANDIN_HUB_CONFIG    -   the config.json of a model on the hub; without it the hub cannot be reached
 */
import { ArgumentError, parseArguments, type Values } from './arguments.ts';
import { FAILURES, printFailure } from './failures.ts';
import { HELP, USAGE } from './flags.ts';
import { api, pause } from './log.ts';
import { inspectModel, StartFailure } from './model.ts';
import { readPretence } from './pretence.ts';
import { serve } from './server.ts';
import { engineStart } from './start.ts';

async function main(argv: readonly string[]): Promise<void> {
  const [command, ...rest] = argv;
  if (command === '--version' || command === '-v') return void process.stdout.write('0.29.0\n');
  if (command !== 'serve')
    return refuse(`argument subparser: invalid choice: '${command ?? ''}' (choose from 'serve')`);
  if (rest.some((argument) => /^(?:-h|--help(?:=.*)?)$/.test(argument))) return void process.stdout.write(HELP);
  const values = readArguments(rest);
  const pretence = readPretence(values.text('model'), process.env);
  if (pretence.fail !== null && !Object.hasOwn(FAILURES, pretence.fail)) return refuse(`no failure ${pretence.fail}`);
  try {
    if (pretence.fail !== null) return await printFailure(pretence.fail, pretence.loadMs);
    const model = inspectModel(values, pretence);
    const started = await engineStart(values, model, pretence);
    await serve(values, started, pretence);
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    await error.print(pretence.loadMs);
  }
}

function readArguments(argv: readonly string[]): Values {
  try {
    return parseArguments(argv);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    process.stderr.write(`${USAGE}\n${error.message}\n`);
    process.exit(2);
  }
}

function refuse(message: string): void {
  process.stderr.write(`${USAGE}\nvllm: error: ${message}\n`);
  process.exitCode = 2;
}

process.on('SIGTERM', () => {
  api('INFO', 'launcher.py:114', '[shutdown] API server: shutdown triggered');
  void pause(20).then(() => process.exit(0));
});

await main(process.argv.slice(2));
