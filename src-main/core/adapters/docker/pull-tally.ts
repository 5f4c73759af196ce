import { z } from 'zod';
import type { PullProgress } from '../../ports/images.ts';
import { parsedJson } from './json-lines.ts';

/** One line of a pull (Docker Engine API, POST /images/create). Errors come here too, after a 200. */
const PullLine = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).nullish(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string().optional() }).nullish(),
});

interface Layer {
  bytes: number;
  total: number | null;
  state: 'waiting' | 'downloading' | 'downloaded' | 'done';
}

/** Sums a pull over its layers. A layer tells its size when its own download begins. */
export class PullTally {
  readonly #layers = new Map<string, Layer>();
  #error: string | null = null;

  /** The registry's or the engine's sentence, once the pull failed. */
  get error(): string | null {
    return this.#error;
  }

  /** False for a line that changes nothing. */
  read(line: string): boolean {
    const said = PullLine.safeParse(parsedJson(line)).data;
    if (said === undefined) return false;
    const error = said.errorDetail?.message ?? said.error;
    if (error !== undefined) {
      this.#error = error;
      return false;
    }
    return said.id === undefined ? false : this.#note(said.id, said.status ?? '', said.progressDetail ?? {});
  }

  #note(id: string, status: string, detail: { current?: number | undefined; total?: number | undefined }): boolean {
    const known = this.#layers.get(id);
    const layer: Layer = known ?? { bytes: 0, total: null, state: 'waiting' };
    switch (status) {
      case 'Pulling fs layer':
      case 'Waiting':
      case 'Retrying':
        break;
      case 'Downloading':
        layer.state = 'downloading';
        layer.bytes = detail.current ?? layer.bytes;
        layer.total = detail.total !== undefined && detail.total > 0 ? detail.total : layer.total;
        break;
      case 'Verifying Checksum':
      case 'Download complete':
      case 'Extracting':
        layer.state = 'downloaded';
        break;
      case 'Pull complete':
      case 'Already exists':
        layer.state = 'done';
        break;
      default:
        // "Pulling from library/x" carries the tag as its id.
        return false;
    }
    if (layer.state === 'downloaded' || layer.state === 'done') {
      // Small layers come whole, without a word of their size.
      layer.total ??= 0;
      layer.bytes = layer.total;
    }
    this.#layers.set(id, layer);
    return true;
  }

  progress(): PullProgress {
    const layers = [...this.#layers.values()];
    const count = (...states: Layer['state'][]) => layers.filter(({ state }) => states.includes(state)).length;
    const isDownloading = count('waiting', 'downloading') > 0;
    return {
      step: isDownloading ? 'Downloading' : 'Extracting',
      bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
      totalBytes: layers.reduce((sum, { total }) => sum + (total ?? 0), 0),
      isTotalKnown: layers.length > 0 && layers.every(({ total }) => total !== null),
      layers: { done: count('done'), total: layers.length },
    };
  }
}
