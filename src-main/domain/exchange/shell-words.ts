/** One word of a shell line. */
export interface ShellWord {
  readonly text: string;
  /** A variable stands in it that only the shell it was written for knows; it is kept as it is written. */
  readonly hasVariable: boolean;
}

export type ShellLine = { readonly words: readonly ShellWord[] } | { readonly message: string };

export const SUBSTITUTION = 'holds a command in $( ) or backticks, which is not run here; put its result in its place';
export const SEVERAL = 'holds more than one command; paste one, without pipes, redirections or "&&"';

/**
 * Reads one command as a POSIX shell would: quotes, backslashes, lines that go on after a backslash, comments. Nothing
 * is ever run or expanded. @returns the words, or what keeps them from being read.
 */
export function readShellLine(source: string): ShellLine {
  const words: ShellWord[] = [];
  // A line end after a backslash, also where a copy from a page left spaces behind it or made it a Windows one.
  const text = source.replaceAll(/\\[ \t]*\r?\n/g, ' ').trim();
  for (let at = 0; at < text.length;) {
    const char = text[at] ?? '';
    if (char === '\n' && words.length > 0 && !isOnlyComments(text.slice(at))) return { message: SEVERAL };
    if (/\s/.test(char)) at += 1;
    else if (char === '#') at = endOfLine(text, at);
    else if (char === '$' && words.length === 0 && /^\$\s/.test(text.slice(at))) at += 1;
    else {
      const read = readWord(text, at);
      if ('message' in read) return read;
      words.push(read.word);
      at = read.end;
    }
  }
  return { words };
}

function isOnlyComments(rest: string): boolean {
  return rest.split('\n').every((line) => /^\s*(?:#.*)?$/.test(line));
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

type ReadWord = { readonly word: ShellWord; readonly end: number } | { readonly message: string };

function readWord(text: string, start: number): ReadWord {
  let at = start;
  let word = '';
  let hasVariable = false;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (/\s/.test(char)) break;
    if (/[;&|<>()]/.test(char)) return { message: SEVERAL };
    if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) return { message: "ends inside a quoted text: a ' is missing" };
      word += text.slice(at + 1, end);
      at = end + 1;
    } else if (char === '"') {
      const read = readDoubleQuoted(text, at + 1);
      if ('message' in read) return read;
      word += read.text;
      hasVariable ||= read.hasVariable;
      at = read.end;
    } else if (char === '\\') {
      word += text[at + 1] ?? '';
      at += 2;
    } else {
      if (isSubstitution(text, at)) return { message: SUBSTITUTION };
      hasVariable ||= isVariable(text, at) || (char === '~' && word === '');
      word += char;
      at += 1;
    }
  }
  return { word: { text: word, hasVariable }, end: at };
}

function readDoubleQuoted(
  text: string,
  start: number,
): { text: string; hasVariable: boolean; end: number } | { message: string } {
  let word = '';
  let hasVariable = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '"') return { text: word, hasVariable, end: at + 1 };
    if (char === '\\' && /["\\$`]/.test(text[at + 1] ?? '')) {
      word += text[at + 1];
      at += 1;
      continue;
    }
    if (isSubstitution(text, at)) return { message: SUBSTITUTION };
    hasVariable ||= isVariable(text, at);
    word += char;
  }
  return { message: 'ends inside a quoted text: a " is missing' };
}

function isSubstitution(text: string, at: number): boolean {
  return text[at] === '`' || (text[at] === '$' && text[at + 1] === '(');
}

function isVariable(text: string, at: number): boolean {
  return text[at] === '$' && /^\$(?:\{|[A-Za-z_])/.test(text.slice(at, at + 2));
}
