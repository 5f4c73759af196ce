import type { FailureKnowledge } from './failure-rule.ts';

export const EVIDENCE_LINES = 6;

/** Terminal colours go, and what overwrote one line becomes several. */
export function cleanLines(lines: readonly string[]): string[] {
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  const colours = /\u001B\[[0-9;?]*[A-Za-z]/g;
  return lines.flatMap((line) => line.replaceAll(colours, '').split(/\r+/)).filter((line) => line.trim() !== '');
}

export function isGeneric(knowledge: FailureKnowledge, line: string): boolean {
  return knowledge.generic.some((pattern) => pattern.test(line));
}

/** Lines of a traceback that name only where, not what. */
const TRACEBACK =
  /^\s*(?:Traceback \(most recent call last\)|File "|\^+|~+|During handling of the above|The above exception was|\[Previous line repeated|[|+]|raise |return |self\.|await |with |$)|^\s{2,}\S/;

const EXCEPTION = /^(?:[\w]+\.)*\w*(?:Error|Exception|Interrupt|Exit|IsEnabled)\b(?::|$)/;

/** The line that decided and the errors after it; without one, the last lines that say something, the exception first. */
export function evidence(knowledge: FailureKnowledge, lines: readonly string[], decisive: string | null): string[] {
  const isNoise = (line: string) => TRACEBACK.test(knowledge.textOf(line)) || isGeneric(knowledge, line);
  const telling = lines.filter((line) => line === decisive || !isNoise(line));
  const isError = (line: string) => knowledge.levelOf(line) === 'error' || EXCEPTION.test(knowledge.textOf(line));
  if (decisive !== null) {
    const after = telling.slice(telling.indexOf(decisive) + 1).filter(isError);
    return [...new Set([decisive, ...after])].slice(0, EVIDENCE_LINES);
  }
  const errors = telling.filter(isError);
  const last = (errors.length > 0 ? errors : telling).slice(-EVIDENCE_LINES);
  const exception = telling.findLast((line) => EXCEPTION.test(knowledge.textOf(line)));
  return [...new Set([...(exception === undefined ? [] : [exception]), ...last])].slice(0, EVIDENCE_LINES);
}
