import { createServer, type Server } from 'node:http';
import type { EngineProcesses, EngineProcessRequest, ProcessTrace } from '../../src-main/core/ports/processes.ts';
import type { EngineInstance, InstanceEnd } from '../../src-main/core/ports/runtimes.ts';

/** What a scripted process does: it may log, become ready, and end by itself. */
export interface ScriptedProcess {
  readonly request: EngineProcessRequest;
  readonly port: number;
  readonly ended: Promise<InstanceEnd>;
  log(line: string): void;
  /** Answers health checks, and the model list for the right key. */
  listen(): Promise<void>;
  end(how: Partial<InstanceEnd>): void;
}

/** A test double for engine processes: no process at all, only what `script` does with each one. */
export class FakeEngineProcesses implements EngineProcesses {
  readonly spawned: EngineProcessRequest[] = [];
  readonly strays: ProcessTrace[] = [];
  readonly #script: (process: ScriptedProcess, nth: number) => void;

  constructor(script: (process: ScriptedProcess, nth: number) => void) {
    this.#script = script;
  }

  spawn(request: EngineProcessRequest): EngineInstance {
    this.spawned.push(request);
    const { promise: ended, resolve } = Promise.withResolvers<InstanceEnd>();
    let server: Server | null = null;
    const end = (how: Partial<InstanceEnd>) => {
      server?.closeAllConnections();
      server?.close();
      resolve({
        exitCode: null,
        signal: null,
        spawnError: null,
        outOfMemory: false,
        removed: false,
        runtimeLost: false,
        ...how,
      });
    };
    const port = Number(valueAfter(request.args, '--port'));
    const listen = async () => {
      server = engineServer(valueAfter(request.args, '--alias'), request.env['LLAMA_API_KEY'] ?? '');
      await new Promise<void>((done) => server?.listen(port, '127.0.0.1', done));
    };
    this.#script({ request, port, ended, log: request.onLine, listen, end }, this.spawned.length);
    return {
      pid: 1_000_000 + this.spawned.length,
      started: 'fake',
      container: null,
      port,
      ended,
      residentBytes: () => null,
      stop: () => {
        end({ signal: 'SIGTERM' });
        return ended;
      },
    };
  }

  async endStrays(traces: readonly ProcessTrace[]): Promise<number[]> {
    this.strays.push(...traces);
    return [];
  }
}

function valueAfter(args: readonly string[], flag: string): string {
  return args[args.indexOf(flag) + 1] ?? '';
}

function engineServer(servedName: string, key: string): Server {
  return createServer((request, response) => {
    const open = request.url === '/health' || request.headers.authorization === `Bearer ${key}`;
    response.writeHead(open ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(open ? { status: 'ok', data: [{ id: servedName }] } : { error: {} }));
  });
}
