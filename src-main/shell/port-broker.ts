import { ipcMain, MessageChannelMain, type BrowserWindow, type MessagePortMain } from 'electron';
import type { Program } from '../program.ts';
import { isOwnPage } from './security.ts';

/**
 * Hands a message port to the page that asks for one, if it is the main frame of our own window on our own page: whoever
 * holds a port is the owner. Each loading of the page gets a new port, and the one before is closed.
 */
export function brokerPorts(window: () => BrowserWindow | null, program: Program): Disposable {
  let held: MessagePortMain | null = null;
  const onWanted = (event: Electron.IpcMainEvent) => {
    const contents = window()?.webContents;
    const frame = event.senderFrame;
    if (
      !contents ||
      event.sender !== contents ||
      frame === null ||
      frame !== contents.mainFrame ||
      !isOwnPage(frame.url)
    )
      return;
    held?.close();
    const { port1, port2 } = new MessageChannelMain();
    held = port1;
    program.servePort(port1);
    port1.start();
    frame.postMessage('cortex:port', null, [port2]);
  };
  ipcMain.on('cortex:want-port', onWanted);
  return {
    [Symbol.dispose]: () => {
      ipcMain.removeListener('cortex:want-port', onWanted);
      held?.close();
    },
  };
}
