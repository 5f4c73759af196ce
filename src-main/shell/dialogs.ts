import { dialog, type BrowserWindow } from 'electron';
import { quitQuestion, type QuitAnswer, type RunningModel } from './quit-question.ts';

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

/** What to do with models that still run. */
export async function askBeforeQuit(
  window: BrowserWindow | null,
  running: readonly RunningModel[],
): Promise<QuitAnswer> {
  const { message, detail, choices } = quitQuestion(running);
  const options: Electron.MessageBoxOptions = {
    type: 'question',
    title: 'Quit Cortex',
    message,
    detail,
    buttons: choices.map(([label]) => label),
    defaultId: 1,
    cancelId: choices.length - 1,
    noLink: true,
  };
  const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
  return choices[response]?.[1] ?? 'cancel';
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
