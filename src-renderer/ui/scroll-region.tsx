import { useLayoutEffect, useRef, useState, type ComponentProps, type Ref, type RefObject } from 'react';

interface ScrollRegionProps extends Omit<ComponentProps<'div'>, 'aria-label' | 'role' | 'tabIndex'> {
  readonly label: string;
  readonly kind?: 'region' | 'log';
  readonly ref?: Ref<HTMLDivElement>;
  /** For a part that seldom scrolls: it is a stop of the keyboard only while there is something to scroll to. */
  readonly onlyWhenScrolling?: boolean;
}

/** A part that scrolls on its own; the keyboard reaches and scrolls it, too. */
export function ScrollRegion({ label, kind = 'region', onlyWhenScrolling = false, ref, ...rest }: ScrollRegionProps) {
  const own = useRef<HTMLDivElement>(null);
  const scrolls = useOverflow(own, onlyWhenScrolling);
  if (onlyWhenScrolling && !scrolls) return <div ref={own} {...rest} />;
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- without it a region without controls cannot be scrolled by keyboard (WCAG 2.1.1)
  return <div ref={onlyWhenScrolling ? own : ref} role={kind} aria-label={label} tabIndex={0} {...rest} />;
}

/** Whether an element is wider than its place, followed as either changes. */
function useOverflow(element: RefObject<HTMLDivElement | null>, watched: boolean): boolean {
  const [overflows, setOverflows] = useState(false);
  useLayoutEffect(() => {
    const target = element.current;
    if (!watched || target === null || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(() => setOverflows(target.scrollWidth > target.clientWidth));
    observer.observe(target);
    if (target.firstElementChild) observer.observe(target.firstElementChild);
    return () => observer.disconnect();
  });
  return overflows;
}
