import { SEVERAL, SUBSTITUTION, type ShellLine, type ShellWord } from './shell-words.ts';

/** A drive, a program's path or ending, a variable, a line that goes on after "^": signs that no POSIX shell was meant. */
const SIGNS = [
  /(?:^|[\s"'=,])[A-Za-z]:\\[^\\\s]/,
  /^[ \t]*(?:&[ \t]+)?["']?(?:\.{1,2}\\|[^\s"']*\.exe["']?(?:\s|$))/im,
  /%[A-Za-z_]\w*%\\/,
  /[ \t]\^[ \t]*\r?\n/,
];
/** Comments, and what a copied line has before the command: the prompt, and PowerShell's "&" before a quoted path. */
const BEFORE = /^(?:\s*#[^\n]*\n)*\s*(?:(?:PS\s+)?[A-Za-z]:\\[^>\n]*>\s*)?(?:&\s+)?/;
const CONTINUED = /[ \t][\^`\\][ \t]*\r?\n/g;
const VARIABLE = /%[A-Za-z_]\w*%|\$(?:env:|\{|[A-Za-z_])/i;

/** Whether a command is evidently one of Windows. */
export function isWindowsLine(source: string): boolean {
  return SIGNS.some((sign) => sign.test(source));
}

/**
 * Reads one command as a person writes it for cmd or PowerShell: a backslash is a part of a path, a line goes on after "^"
 * or "`". Nothing is ever run or expanded. @returns the words, or what keeps them from being read.
 */
export function readWindowsLine(source: string): ShellLine {
  const text = source.replace(BEFORE, '').replaceAll(CONTINUED, ' ').trimEnd();
  const words: ShellWord[] = [];
  for (let at = 0; at < text.length;) {
    const char = text[at] ?? '';
    if (char === '\n' && words.length > 0 && text.slice(at).trim() !== '') return { message: SEVERAL };
    if (/\s/.test(char)) {
      at += 1;
      continue;
    }
    const read = readWord(text, at);
    if ('message' in read) return read;
    words.push(read.word);
    at = read.end;
  }
  return { words };
}

type ReadWord = { readonly word: ShellWord; readonly end: number } | { readonly message: string };

function readWord(text: string, start: number): ReadWord {
  let at = start;
  let word = '';
  let isUnknown = false;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (/\s/.test(char)) break;
    if (/[;&|<>]/.test(char)) return { message: SEVERAL };
    // An apostrophe within a word is one of a name; PowerShell quotes whole words with it.
    if (char === '"' || (char === "'" && /^$|=$/.test(word))) {
      const read = readQuoted(text, at + 1, char);
      if (read === null) return { message: `ends inside a quoted text: a ${char} is missing` };
      word += read.text;
      isUnknown ||= char === '"' && VARIABLE.test(read.text);
      at = read.end;
    } else {
      // `\"` is a quote that is meant, as the programs themselves read it.
      const isEscaped = char === '\\' && text[at + 1] === '"';
      word += isEscaped ? '"' : char;
      at += isEscaped ? 2 : 1;
    }
  }
  if (text.slice(start, at).includes('$(')) return { message: SUBSTITUTION };
  return { word: { text: word, hasVariable: isUnknown || VARIABLE.test(word) }, end: at };
}

/** Up to the closing quote; a doubled one stands for itself. */
function readQuoted(text: string, start: number, quote: string): { text: string; end: number } | null {
  let word = '';
  for (let at = start; at < text.length; at += 1) {
    const char = text[at] ?? '';
    const isMeant = text[at + 1] === quote && (char === quote || (char === '\\' && quote === '"'));
    // A folder that ends in a backslash right before the closing quote is more likely than a quote within a path.
    const endsFolder = isMeant && char === '\\' && /^["'](?:\s|$)/.test(text.slice(at + 1)) && /[A-Za-z]:\\/.test(word);
    if (isMeant && !endsFolder) {
      word += quote;
      at += 1;
    } else if (char === quote) return { text: word, end: at + 1 };
    else word += char;
  }
  return null;
}
