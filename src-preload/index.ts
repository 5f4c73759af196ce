import { contextBridge, ipcRenderer } from 'electron';

/** Nothing but a port and two facts crosses into the page. */
contextBridge.exposeInMainWorld('cortex', { platform: process.platform, versions: { ...process.versions } });

ipcRenderer.on('cortex:port', (event) => {
  window.postMessage('cortex:port', window.location.origin, event.ports);
});

// By now the page's scripts have run and one of them listens.
window.addEventListener('DOMContentLoaded', () => ipcRenderer.send('cortex:want-port'));
