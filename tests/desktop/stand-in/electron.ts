/** A test double of the module `electron`, on a real Chromium. It has what src-main/shell uses, and no more. */
export { app } from './app.ts';
export { BrowserWindow } from './browser-window.ts';
export { dialog, Menu, nativeImage, nativeTheme, screen, shell, Tray } from './desk.ts';
export { ipcMain } from './ipc-main.ts';
export { MessageChannelMain } from './message-ports.ts';
export { protocol, session } from './session.ts';
