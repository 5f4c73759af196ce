import { screen, type BrowserWindow, type Rectangle } from 'electron';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const Bounds = z.object({
  x: z.number(),
  y: z.number(),
  width: z.number().min(400),
  height: z.number().min(300),
  maximized: z.boolean(),
});
type Bounds = z.infer<typeof Bounds>;

export const FIRST_SIZE = { width: 1280, height: 832 };
const SAVE_AFTER_MS = 400;

/** Where the window was; null at the first start, or when that place is on a screen that is gone. */
export function readBounds(path: string): Bounds | null {
  let kept: unknown;
  try {
    kept = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
  const parsed = Bounds.safeParse(kept);
  return parsed.success && isOnAScreen(parsed.data) ? parsed.data : null;
}

function isOnAScreen(bounds: Rectangle): boolean {
  return screen.getAllDisplays().some(({ workArea }) => {
    const overlapX = Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x);
    const overlapY = Math.min(bounds.y + bounds.height, workArea.y + workArea.height) - Math.max(bounds.y, workArea.y);
    return overlapX > 100 && overlapY > 50;
  });
}

/** Writes the bounds a moment after they last changed, and when the window closes. */
export function rememberBounds(window: BrowserWindow, path: string): void {
  let timer: NodeJS.Timeout | null = null;
  const save = () => {
    if (timer) clearTimeout(timer);
    timer = null;
    if (window.isDestroyed() || window.isMinimized()) return;
    const bounds: Bounds = { ...window.getNormalBounds(), maximized: window.isMaximized() };
    writeFileSync(`${path}.new`, JSON.stringify(bounds));
    renameSync(`${path}.new`, path);
  };
  const soon = () => {
    if (timer) clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER_MS);
  };
  window.on('resize', soon);
  window.on('move', soon);
  window.on('maximize', soon);
  window.on('unmaximize', soon);
  window.on('close', save);
}
