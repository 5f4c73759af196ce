import { Boxes, ChartNoAxesColumn, KeyRound, MessageSquare, Settings, type LucideIcon } from 'lucide-react';

export interface Destination {
  readonly to: '/models' | '/playground' | '/usage' | '/keys' | '/settings';
  readonly label: string;
  readonly icon: LucideIcon;
  /** Pressed after "g". */
  readonly key: string;
}

/** The rail, in its groups: what runs, what it did, who may use it. */
export const NAVIGATION: readonly (readonly Destination[])[] = [
  [
    { to: '/models', label: 'Models', icon: Boxes, key: 'm' },
    { to: '/playground', label: 'Playground', icon: MessageSquare, key: 'p' },
  ],
  [{ to: '/usage', label: 'Usage', icon: ChartNoAxesColumn, key: 'u' }],
  [
    { to: '/keys', label: 'Access', icon: KeyRound, key: 'a' },
    { to: '/settings', label: 'Settings', icon: Settings, key: 's' },
  ],
];
