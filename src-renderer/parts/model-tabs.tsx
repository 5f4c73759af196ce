import { Link } from '@tanstack/react-router';
import { classNames } from '../ui/class-names.ts';

const TABS = [
  { id: 'models', to: '/models', label: 'All models' },
  { id: 'recipes', to: '/recipes', label: 'Recipes' },
] as const;

/** The two screens under Models: what runs, and the configurations kept to make others from. */
export function ModelTabs({ current }: { readonly current: (typeof TABS)[number]['id'] }) {
  return (
    <nav
      aria-label="Models and recipes"
      className="flex items-center gap-0.5 rounded-md border border-field-line bg-sunken p-0.5"
    >
      {TABS.map(({ id, to, label }) => (
        <Link
          key={id}
          to={to}
          aria-current={id === current ? 'page' : undefined}
          className={classNames(
            'flex h-[26px] items-center rounded-[5px] px-2.5 text-xs text-dim hover:text-ink',
            id === current && 'bg-raised font-medium text-ink shadow-[0_0_0_1px_var(--line)]',
          )}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
