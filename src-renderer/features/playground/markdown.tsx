import { createCodePlugin, type ThemeInput } from '@streamdown/code';
import { Streamdown } from 'streamdown';

/** Both keep 4.5:1 on the code block's ground; light first. */
const themes: [ThemeInput, ThemeInput] = ['github-light-high-contrast', 'github-dark-default'];
const plugins = { code: createCodePlugin({ themes }) };
const controls = { code: { copy: true, download: false }, table: false, mermaid: false, image: false } as const;
const linkSafety = { enabled: false };

interface MarkdownProps {
  readonly text: string;
  readonly streaming: boolean;
}

/** A model's markdown, readable while it is still being written. Images of other hosts stay out by the page's policy. */
export function Markdown({ text, streaming }: MarkdownProps) {
  return (
    <Streamdown
      className="answer"
      plugins={plugins}
      shikiTheme={themes}
      controls={controls}
      linkSafety={linkSafety}
      lineNumbers={false}
      mode={streaming ? 'streaming' : 'static'}
      isAnimating={streaming}
      parseIncompleteMarkdown={streaming}
    >
      {text}
    </Streamdown>
  );
}
