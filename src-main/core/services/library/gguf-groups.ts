import type { GgufGroup, GgufMetadata } from '../../../contract/library.ts';
import type { GgufFacts } from '../../../domain/gguf/facts.ts';
import type { GgufFileGroup } from '../../../domain/gguf/parts.ts';
import type { FileInspection } from '../../adapters/inspector/file-inspection.ts';

/** One group with what was found in each of its files, in the same order. */
export interface InspectedGroup {
  readonly group: GgufFileGroup;
  readonly inspections: readonly FileInspection[];
  /** Its first file, as a model's `local_path`. */
  readonly path: string;
}

const MIB = 1024 * 1024;

/** The contract's view of a group: what it is, and what is wrong with it. */
export function toGgufGroup({ group, inspections, path }: InspectedGroup): GgufGroup {
  const first = inspections[0];
  const facts = group.missing.includes(1) ? null : (first?.facts ?? null);
  const { status, problem } = verdict(group, inspections, facts);
  const bytes = inspections.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const elements = inspections.map((inspection) => inspection.facts?.parameterCount ?? 0);
  return {
    quant_type: facts?.fileType ?? quantOfName(group.files[0] ?? '') ?? 'unknown',
    files: [...group.files],
    total_size_mb: roundedMib(bytes),
    is_multipart: group.partCount > 1,
    status,
    kind: facts === null || facts.kind === 'other' ? 'model' : facts.kind,
    task: facts?.task ?? 'generate',
    problem,
    path,
    metadata:
      facts &&
      toMetadata(
        facts,
        elements.reduce((sum, count) => sum + count, 0),
      ),
  };
}

/** Two decimals, and three significant digits below 1 MiB: no file that holds something has the size 0. */
function roundedMib(bytes: number): number {
  const mib = bytes / MIB;
  return Number(mib < 1 ? mib.toPrecision(3) : mib.toFixed(2));
}

/** Whether an engine can be started with it. */
export function isStartable(group: GgufGroup): boolean {
  return group.kind === 'model' && group.status === 'ready';
}

function verdict(
  group: GgufFileGroup,
  inspections: readonly FileInspection[],
  facts: GgufFacts | null,
): Pick<GgufGroup, 'status' | 'problem'> {
  const failed = inspections.findIndex((inspection) => !inspection.ok);
  const failure = inspections[failed];
  if (failure !== undefined && !failure.ok) {
    const where = group.partCount > 1 ? `${group.files[failed] ?? ''}: ` : '';
    return { status: 'invalid', problem: `${where}${failure.error.message}` };
  }
  if (group.missing.length > 0) {
    return { status: 'incomplete', problem: missingParts(group) };
  }
  if (facts?.kind === 'vocabulary') {
    return { status: 'invalid', problem: 'It holds a vocabulary without weights: nothing can be run with it.' };
  }
  if (facts?.kind === 'other') {
    return { status: 'invalid', problem: 'This is a companion file such as an importance matrix, not a model.' };
  }
  if (facts !== null && facts.part === null && group.partCount > 1) {
    return { status: 'invalid', problem: 'Its name says it is one of several parts, but the file itself does not.' };
  }
  if (facts?.part && facts.part.count !== group.partCount) {
    return {
      status: 'incomplete',
      problem: `The file says it is one of ${facts.part.count} parts, its name says ${group.partCount}. Give the parts the names they came with.`,
    };
  }
  return { status: 'ready', problem: null };
}

function missingParts({ missing, partCount }: GgufFileGroup): string {
  const shown = missing.slice(0, 8).join(', ');
  const more = missing.length > 8 ? ` and ${missing.length - 8} more` : '';
  const word = missing.length === 1 ? `Part ${shown} of ${partCount} is` : `Parts ${shown}${more} of ${partCount} are`;
  return `${word} missing. Put all parts into one folder.`;
}

function toMetadata(facts: GgufFacts, elements: number): GgufMetadata {
  return {
    architecture: facts.architecture,
    name: facts.name,
    context_length: facts.contextLength,
    embedding_length: facts.embeddingLength,
    block_count: facts.blockCount,
    attention_head_count: facts.headCount,
    attention_head_count_kv: facts.headCountKv,
    vocab_size: facts.vocabularySize,
    file_type: facts.fileType,
    parameter_count: elements === 0 ? null : elements,
    has_chat_template: facts.hasChatTemplate,
    license: facts.license,
  };
}

/** The quantization a file's name bears, for a file that cannot be read: `Model-UD-Q4_K_XL.gguf`. */
export function quantOfName(name: string): string | null {
  const pattern = /(?:^|[-_./])((?:IQ|TQ|Q)\d(?:_[A-Z0-9]+)*|BF16|F16|F32|MXFP4(?:_MOE)?|NVFP4)(?=[-_.]|$)/gi;
  return [...name.matchAll(pattern)].at(-1)?.[1]?.toUpperCase() ?? null;
}
