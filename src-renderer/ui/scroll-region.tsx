import type { ComponentProps, Ref } from 'react';

interface ScrollRegionProps extends Omit<ComponentProps<'div'>, 'aria-label' | 'role' | 'tabIndex'> {
  readonly label: string;
  readonly kind?: 'region' | 'log';
  readonly ref?: Ref<HTMLDivElement>;
}

/** A part that scrolls on its own; the keyboard reaches and scrolls it, too. */
export function ScrollRegion({ label, kind = 'region', ...rest }: ScrollRegionProps) {
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- without it a region without controls cannot be scrolled by keyboard (WCAG 2.1.1)
  return <div role={kind} aria-label={label} tabIndex={0} {...rest} />;
}
