import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Spinner } from './spinner.tsx';
import { Tooltip } from './tooltip.tsx';

const button = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none transition-colors disabled:opacity-45 aria-disabled:opacity-45 [&_svg]:size-3.5 [&_svg]:shrink-0',
  {
    variants: {
      tone: {
        primary: 'bg-accent-solid text-accent-ink hover:bg-accent-solid-hover',
        plain: 'border border-field-line bg-surface text-ink hover:bg-hover dark:bg-raised dark:hover:bg-hover',
        quiet: 'text-dim hover:bg-hover hover:text-ink',
        danger: 'bg-failed-solid text-white hover:opacity-90',
      },
      size: {
        medium: 'h-8 px-3 text-sm',
        small: 'h-7 px-2.5 text-xs',
        icon: 'size-7 text-sm [&_svg]:size-4',
      },
    },
    defaultVariants: { tone: 'plain', size: 'medium' },
  },
);

type ButtonProps = ComponentProps<'button'> & VariantProps<typeof button> & { readonly busy?: boolean };

export function Button({ tone, size, busy = false, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={classNames(button({ tone, size }), className)}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <Spinner /> : null}
      {children}
    </button>
  );
}

type IconButtonProps = Omit<ButtonProps, 'children' | 'size' | 'aria-label'> & {
  /** The accessible name, and the tooltip. */
  readonly label: string;
  readonly children: ReactNode;
};

/** A square button with an icon alone; its name is read out and shown as a tooltip. */
export function IconButton({ label, tone = 'quiet', busy = false, children, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <Button size="icon" tone={tone} aria-label={label} {...rest} disabled={rest.disabled === true || busy}>
        {busy ? <Spinner /> : children}
      </Button>
    </Tooltip>
  );
}

/** The look of a button for a link. */
export function buttonClass(variant: VariantProps<typeof button> = {}): string {
  return button(variant);
}
