import { pause } from '../../ports/clock.ts';
import { LineReader } from '../processes/line-reader.ts';
import { RotatingFile } from '../processes/rotating-file.ts';
import type { DockerEngine } from './docker-engine.ts';
import { FinishedLines, FrameReader, ProgressDrawings, type OutputName } from './log-frames.ts';

export interface LogTarget {
  readonly secrets: readonly string[];
  readonly logFile: string;
  readonly title: string;
  readonly onLine: (line: string) => void;
}

const RETRY_MS = 300;
/** A bar that draws itself a hundred times a second says no more than one that does so ten times. */
const DRAWING_MS = 100;

/** Where a stream stood when it broke: the time of its last frame, and how many had that very time. */
interface Place {
  stamp: string;
  count: number;
}

/** The log of one container, from its first line on, into a file and to a listener, over as many streams as it takes. */
export class ContainerLog implements AsyncDisposable {
  readonly #engine: DockerEngine;
  readonly #id: string;
  readonly #file: RotatingFile;
  readonly #clean: LineReader;
  readonly #places = new Map<OutputName, Place>();
  readonly #leaving = new AbortController();
  #lastLine = '';
  #lastDrawing = '';
  #drawnAtMs = 0;

  constructor(engine: DockerEngine, id: string, target: LogTarget) {
    this.#engine = engine;
    this.#id = id;
    this.#file = new RotatingFile(target.logFile);
    this.#file.write(target.title);
    this.#clean = new LineReader(target.secrets, (line) => {
      this.#file.write(line);
      target.onLine(line);
    });
  }

  /** Resolves after the last line: when a stream ended and `isOver` says that no other can follow. Never rejects. */
  async follow(isOver: () => Promise<boolean>): Promise<void> {
    const { signal } = this.#leaving;
    const drawings = this.#followDrawings(isOver);
    while (!signal.aborted) {
      // A lost stream is taken up again as long as the container lives.
      await this.#readLog().catch(() => undefined);
      if (signal.aborted || (await isOver())) break;
      await pause(RETRY_MS, signal);
    }
    this.#leaving.abort();
    await drawings;
  }

  async #readLog(): Promise<void> {
    const { signal } = this.#leaving;
    const outputs = { stdout: this.#lines(), stderr: this.#lines() };
    const passed = new Map<OutputName, Place>();
    const frames = new FrameReader((output, payload) => {
      const space = payload.indexOf(0x20);
      const stamp = payload.subarray(0, space).toString('latin1');
      if (this.#isNew(output, stamp, passed)) outputs[output].push(payload.subarray(space + 1));
    });
    const stream = await this.#engine.call(signal, async ({ docker }) =>
      docker.getContainer(this.#id).logs({
        follow: true,
        stdout: true,
        stderr: true,
        timestamps: true,
        since: this.#since(),
        abortSignal: signal,
      }),
    );
    for await (const chunk of stream) frames.push(chunk as Buffer);
    outputs.stdout.end();
    outputs.stderr.end();
  }

  #lines(): FinishedLines {
    return new FinishedLines((line) => {
      this.#lastLine = line;
      // The last state of a bar comes both ways; a line that an engine says twice is told twice.
      const wasDrawn = line !== '' && line === this.#lastDrawing;
      this.#lastDrawing = '';
      if (wasDrawn) return;
      this.#clean.push(`${line}\n`);
    });
  }

  /** In seconds, as Docker takes it: what of that second was seen already is passed over. */
  #since(): number {
    const stamps = [...this.#places.values()].map(({ stamp }) => Date.parse(stamp) / 1000);
    return stamps.length === 0 ? 0 : Math.floor(Math.min(...stamps)) || 0;
  }

  /** A frame is one piece of the log with its time, so that a stream can be taken up where the one before it broke. */
  #isNew(output: OutputName, stamp: string, passed: Map<OutputName, Place>): boolean {
    const place = this.#places.get(output);
    if (place === undefined) this.#places.set(output, { stamp, count: 1 });
    if (place === undefined || stamp > place.stamp) {
      this.#places.set(output, { stamp, count: 1 });
      passed.set(output, { stamp, count: 1 });
      return true;
    }
    if (stamp < place.stamp) return false;
    const at = passed.get(output);
    const count = at?.stamp === stamp ? at.count + 1 : 1;
    passed.set(output, { stamp, count });
    if (count <= place.count) return false;
    place.count = count;
    return true;
  }

  async #followDrawings(isOver: () => Promise<boolean>): Promise<void> {
    const { signal } = this.#leaving;
    while (!signal.aborted) {
      await this.#readDrawings().catch(() => undefined);
      if (signal.aborted || (await isOver())) return;
      await pause(10 * RETRY_MS, signal);
    }
  }

  async #readDrawings(): Promise<void> {
    const { signal } = this.#leaving;
    const draw = (drawing: string) => {
      if (drawing === this.#lastLine || Date.now() - this.#drawnAtMs < DRAWING_MS) return;
      this.#drawnAtMs = Date.now();
      this.#lastDrawing = drawing;
      this.#clean.push(`${drawing}\n`);
    };
    const outputs = { stdout: new ProgressDrawings(draw), stderr: new ProgressDrawings(draw) };
    const frames = new FrameReader((output, payload) => outputs[output].push(payload));
    const stream = await this.#engine.call(signal, async ({ docker }) =>
      docker.getContainer(this.#id).attach({ stream: true, stdout: true, stderr: true, abortSignal: signal }),
    );
    for await (const chunk of stream) frames.push(chunk as Buffer);
  }

  /** Leaves the container as it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort();
    this.#clean.end();
    await this.#file[Symbol.asyncDispose]();
  }
}
