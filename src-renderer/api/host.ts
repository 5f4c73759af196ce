/** What the preload shows of the desktop; nothing of it exists in a browser. */
export interface DesktopHost {
  readonly platform: string;
  readonly versions: Readonly<Record<string, string | undefined>>;
}

declare global {
  interface Window {
    readonly cortex?: DesktopHost;
  }
}

/** The desktop this page runs in, or null in a browser. */
export function desktopHost(): DesktopHost | null {
  return window.cortex ?? null;
}

export const isMac = navigator.platform.startsWith('Mac');
