import type { FieldValue, FieldValues } from '../engine/field-table.ts';
import { shown, type Conversion, type Dropped } from './draft.ts';
import { readBytes } from './sizes.ts';

export interface PastedMount {
  readonly source: string;
  readonly target: string;
}

/** A `docker run` line, taken apart. */
export interface DockerRun {
  readonly image: string;
  /** What stands behind the image. */
  readonly command: readonly string[];
  readonly env: readonly (readonly [key: string, value: string])[];
  readonly mounts: readonly PastedMount[];
  readonly entrypoint: string | null;
  readonly name: string | null;
  /** Fields that the runtime reads. */
  readonly fields: FieldValues;
  readonly conversions: readonly Conversion[];
  readonly dropped: readonly Dropped[];
}

/** Switches of `docker run`; every other option has a value. */
const SWITCHES = new Set(
  (
    '-d --detach -i --interactive -t --tty --rm --init --privileged --read-only -P --publish-all --no-healthcheck' +
    ' --oom-kill-disable --sig-proxy -q --quiet --disable-content-trust --help --replace'
  ).split(' '),
);
const SWITCH_LETTERS = /^-[ditPq]{2,}$/;

const OURS = 'is set by the program itself';
const REASONS: Readonly<Record<string, string>> = {
  '-p': 'the port is chosen at each start; clients use this program’s own address',
  '--network': 'engines are reached through this program alone',
  '--privileged': 'engines run without privileges',
  '--cap-add': 'engines run without capabilities',
  '--user': 'the program runs an engine as the user that may read its files',
  '--env-file': 'the file is not read; write its variables as -e NAME=value',
  '--restart': 'the policy has no counterpart here',
  '--device': 'only GPUs are handed to an engine',
};
const ALIASES: Readonly<Record<string, string>> = {
  '--publish': '-p',
  '-P': '-p',
  '--publish-all': '-p',
  '--expose': '-p',
  '--net': '--network',
  '-u': '--user',
  '-e': '--env',
  '-v': '--volume',
  '-m': '--memory',
};

class DockerReader {
  readonly env: [string, string][] = [];
  readonly mounts: PastedMount[] = [];
  readonly fields: Record<string, FieldValue> = {};
  readonly conversions: Conversion[] = [];
  readonly dropped: Dropped[] = [];
  entrypoint: string | null = null;
  name: string | null = null;
  hasGpus = false;

  option(written: string, value: string | null): void {
    const option = ALIASES[written] ?? written;
    const drop = (reason: string) => this.drop(written, value, reason);
    if (value === null) drop(REASONS[option] ?? OURS);
    else if (option === '--env') this.#env(value);
    else if (option === '--volume') this.#volume(written, value);
    else if (option === '--mount') this.#mount(value);
    else if (option === '--gpus') this.#gpus(value);
    else if (option === '--entrypoint') this.entrypoint = value;
    else if (option === '--name') this.name = value;
    else if (option === '--shm-size') this.#size('shm_size_gb', written, value);
    else if (option === '--memory') this.#size('memory_limit_gb', written, value);
    else if (option === '--ipc' && (value === 'host' || value === 'private')) this.fields['ipc_mode'] = value;
    else if (option === '--restart') this.#restart(value);
    else if (option === '--device') this.#device(value);
    else if (option === '--runtime' && value === 'nvidia') this.hasGpus = true;
    else drop(REASONS[option] ?? OURS);
  }

  drop(option: string, value: string | null, reason: string): void {
    this.dropped.push({ text: shown(option, value === null ? [] : [value]), reason });
  }

  #env(pair: string): void {
    const equals = pair.indexOf('=');
    if (equals < 0)
      this.drop('-e', pair, 'takes its value from the shell it was written for; give it here as NAME=value');
    else if (pair.startsWith('NVIDIA_VISIBLE_DEVICES=')) this.#visible(pair.slice(equals + 1));
    else this.env.push([pair.slice(0, equals), pair.slice(equals + 1)]);
  }

  /** `source:target[:options]`; a Windows path has a colon of its own. */
  #volume(written: string, value: string): void {
    const parts = /^(?<source>(?:[A-Za-z]:[\\/])?[^:]+):(?<target>[^:]+)(?::.*)?$/.exec(value)?.groups;
    if (parts) this.mounts.push({ source: parts['source'] ?? '', target: parts['target'] ?? '' });
    else this.drop(written, value, 'names no folder of this machine');
  }

  #mount(value: string): void {
    const parts = new Map(splitCsv(value).map((part) => part.split('=', 2) as [string, string | undefined]));
    const source = parts.get('source') ?? parts.get('src');
    const target = parts.get('target') ?? parts.get('dst') ?? parts.get('destination');
    if (source === undefined || target === undefined) this.drop('--mount', value, 'names no folder of this machine');
    else this.mounts.push({ source, target });
  }

  #gpus(value: string): void {
    const devices = /(?:^|,)"?device=(?<list>[^"]+)"?$/.exec(value)?.groups?.['list'];
    this.hasGpus = true;
    if (devices !== undefined) this.fields['selected_gpus'] = devices.split(',');
    else if (/^\d+$/.test(value)) {
      const ids = Array.from({ length: Number(value) }, (_, index) => String(index));
      this.fields['selected_gpus'] = ids;
      this.conversions.push({ field: 'selected_gpus', message: `--gpus ${value} became the first ${value}` });
    } else if (value.includes('all')) {
      this.conversions.push({
        field: 'selected_gpus',
        message: `--gpus ${value} is what an empty list means: every GPU`,
      });
    } else this.drop('--gpus', value, 'is no choice of GPUs');
  }

  #visible(value: string): void {
    if (value === 'all') this.hasGpus = true;
    else if (/^(?:\d+|GPU-[\w-]+)(?:,|$)/.test(value)) {
      this.hasGpus = true;
      this.fields['selected_gpus'] = value.split(',');
    } else this.drop('-e', `NVIDIA_VISIBLE_DEVICES=${value}`, OURS);
  }

  /** CDI: "nvidia.com/gpu=all" or "nvidia.com/gpu=0". */
  #device(value: string): void {
    const id = /^nvidia\.com\/gpu=(?<id>.+)$/.exec(value)?.groups?.['id'];
    if (id === undefined) {
      this.drop('--device', value, REASONS['--device'] ?? OURS);
      return;
    }
    this.hasGpus = true;
    const before = this.fields['selected_gpus'];
    if (id !== 'all') this.fields['selected_gpus'] = [...(Array.isArray(before) ? before : []), id];
  }

  #size(field: string, option: string, value: string): void {
    const bytes = readBytes(value);
    if (bytes === null) this.drop(option, value, 'is no size; write it like 8g');
    else this.fields[field] = Math.round((bytes / GIB) * 10_000) / 10_000;
  }

  #restart(value: string): void {
    const [policy, limit] = value.split(':', 2);
    if (policy === 'no') {
      this.fields['restart_policy'] = 'never';
      return;
    }
    this.fields['restart_policy'] = 'on_failure';
    if (limit !== undefined && /^\d+$/.test(limit)) this.fields['restart_limit'] = Number(limit);
    if (policy === 'on-failure') return;
    this.fields['auto_start'] = true;
    this.conversions.push({
      field: 'restart_policy',
      message: `--restart ${value} became starting again after a failure, and starting with the program`,
    });
  }
}

const GIB = 1_073_741_824;

/** A line of CSV, which `--mount` is: a part with a comma stands in quotes. */
function splitCsv(line: string): string[] {
  const parts = line.match(/"(?:[^"]|"")*"|[^,]+/g) ?? [];
  return parts.map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part));
}

/** Reads what stands behind `docker run`. */
export function readDockerRun(words: readonly string[]): DockerRun | { readonly message: string } {
  const reader = new DockerReader();
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-') || word === '--') break;
    const [option = word, glued = null] = word.startsWith('--') ? splitOnce(word) : shortOption(word);
    if (SWITCHES.has(option) || SWITCH_LETTERS.test(option)) reader.option(option, null);
    else if (glued !== null) reader.option(option, glued);
    else {
      at += 1;
      reader.option(option, words[at] ?? '');
    }
  }
  const [image, ...command] = words.slice(words[at] === '--' ? at + 1 : at);
  if (image === undefined || image === '') return { message: 'names no image' };
  const { env, mounts, entrypoint, name, conversions, dropped, hasGpus } = reader;
  // Without a word about GPUs Docker gives none.
  const fields = hasGpus ? reader.fields : { device: 'cpu', ...reader.fields };
  return { image, command, env, mounts, entrypoint, name, fields, conversions, dropped };
}

function splitOnce(word: string): [string, string] | [string] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** `-p8000:8000`; several switches may share a dash. */
function shortOption(word: string): [string, string] | [string] {
  if (word.length === 2 || SWITCH_LETTERS.test(word)) return [word];
  return [word.slice(0, 2), word.slice(2).replace(/^=/, '')];
}
