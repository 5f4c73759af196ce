import { CopyButton } from './copy.tsx';

interface Piece {
  readonly key: number;
  readonly text: string;
  readonly isCode: boolean;
}

/** A sentence of the program taken apart at its backticks; an odd one out is a plain character. */
export function proseOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(/`([^`]+)`/g)) {
    if (match.index > end) pieces.push({ key: end, text: text.slice(end, match.index), isCode: false });
    pieces.push({ key: match.index, text: match[1] ?? '', isCode: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ key: end, text: text.slice(end), isCode: false });
  return pieces;
}

/** A sentence whose commands, in backticks, stand in the type of commands. */
export function Prose({ text }: { readonly text: string }) {
  return proseOf(text).map((piece) =>
    piece.isCode ? (
      <code key={piece.key} className="rounded-sm border bg-sunken px-1 py-px font-mono text-xs text-ink">
        {piece.text}
      </code>
    ) : (
      piece.text
    ),
  );
}

/** What mends something, each of its commands with a copy button. */
export function Cure({ text }: { readonly text: string }) {
  const commands = proseOf(text).filter((piece) => piece.isCode);
  return (
    <span className="inline-flex flex-wrap items-center gap-x-1">
      <span>
        <Prose text={text} />
      </span>
      {commands.map((command) => (
        <CopyButton key={command.key} text={command.text} what={command.text} />
      ))}
    </span>
  );
}
