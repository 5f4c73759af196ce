import { shell, type Session, type WebContents } from 'electron';
import { APP_SCHEME } from './app-protocol.ts';

/** The page may leave for nowhere, open nothing and ask for nothing; a link to the web opens in the user's browser. */
export function confine(contents: WebContents): void {
  contents.on('will-navigate', (event) => {
    if (!isOwnPage(event.url)) {
      event.preventDefault();
      openInBrowser(event.url);
    }
  });
  contents.on('will-redirect', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openInBrowser(url);
    return { action: 'deny' };
  });
}

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    // Copying a key is what the clipboard is for; reading it is not.
    answer(permission === 'clipboard-sanitized-write' && isOwnPage(details.requestingUrl));
  });
  session.setPermissionCheckHandler(
    (_contents, permission, origin) => permission === 'clipboard-sanitized-write' && isOwnPage(`${origin}/`),
  );
  session.setDevicePermissionHandler(() => false);
}

export function isOwnPage(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed !== null && parsed.protocol === `${APP_SCHEME}:` && parsed.host === 'cortex';
}

/** Only https: another scheme may start a program. */
function openInBrowser(url: string): void {
  const parsed = URL.parse(url);
  if (parsed?.protocol === 'https:') void shell.openExternal(parsed.href);
}
