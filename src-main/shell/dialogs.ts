import { dialog, type BrowserWindow } from 'electron';

/** A native folder dialog; null when it was closed without a choice. */
export async function pickFolder(window: BrowserWindow | null): Promise<string | null> {
  const options: Electron.OpenDialogOptions = {
    title: 'Choose a model folder',
    properties: ['openDirectory'],
    buttonLabel: 'Choose',
  };
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options));
  return canceled ? null : (filePaths[0] ?? null);
}

export type QuitAnswer = 'quit' | 'background' | 'cancel';

/** What to do with models that still run; they are named, so that nobody stops the wrong ones. */
export async function askBeforeQuit(window: BrowserWindow | null, running: readonly string[]): Promise<QuitAnswer> {
  const options: Electron.MessageBoxOptions = {
    type: 'question',
    title: 'Quit Cortex',
    message: running.length === 1 ? `${running[0]} is running` : `${running.length} models are running`,
    detail: `${running.length > 1 ? `${running.join(', ')}\n\n` : ''}Quitting stops ${running.length === 1 ? 'it' : 'them'}. In the background ${running.length === 1 ? 'it keeps' : 'they keep'} answering requests, and the tray icon brings the window back.`,
    buttons: ['Stop and quit', 'Keep running in the background', 'Cancel'],
    defaultId: 1,
    cancelId: 2,
    noLink: true,
  };
  const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
  return (['quit', 'background', 'cancel'] as const)[response] ?? 'cancel';
}

/** Why the program cannot start, in the sentence the error brought. */
export function showStartError(error: unknown): void {
  dialog.showErrorBox('Cortex cannot start', error instanceof Error ? error.message : String(error));
}

export function showCrashLoop(reason: string): void {
  dialog.showErrorBox(
    'The window crashed twice',
    `Models and the endpoint keep running (${reason}). Close the window and open it again from the tray icon; if it crashes again, start Cortex anew with --disable-gpu.`,
  );
}
