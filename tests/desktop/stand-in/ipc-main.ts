import { EventEmitter } from 'node:events';

/** Double of `ipcMain`, for messages without an answer. */
export const ipcMain = new EventEmitter();
