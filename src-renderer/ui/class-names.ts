import { clsx, type ClassValue } from 'clsx';
import { twMerge } from 'tailwind-merge';

/** Class names, later ones winning over earlier ones of the same property. */
export function classNames(...values: readonly ClassValue[]): string {
  return twMerge(clsx(values));
}
