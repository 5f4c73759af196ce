import { Boxes, ChartNoAxesColumn, KeyRound, MessageSquare, Network, Settings, type LucideIcon } from 'lucide-react';

export interface Destination {
  readonly to: '/models' | '/playground' | '/usage' | '/upstreams' | '/keys' | '/settings';
  readonly label: string;
  readonly icon: LucideIcon;
  /** A screen that belongs to it under an address of its own. */
  readonly also?: '/recipes';
  /** Pressed after "g". */
  readonly key: string;
}

/** The rail, in its groups: what runs, what it did, who may use it. */
export const NAVIGATION: readonly (readonly Destination[])[] = [
  [
    { to: '/models', label: 'Models', icon: Boxes, key: 'm', also: '/recipes' },
    { to: '/playground', label: 'Playground', icon: MessageSquare, key: 'p' },
  ],
  [
    { to: '/usage', label: 'Usage', icon: ChartNoAxesColumn, key: 'u' },
    { to: '/upstreams', label: 'Upstreams', icon: Network, key: 'o' },
  ],
  [
    { to: '/keys', label: 'Access', icon: KeyRound, key: 'a' },
    { to: '/settings', label: 'Settings', icon: Settings, key: 's' },
  ],
];
