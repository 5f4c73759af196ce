import { networkInterfaces } from 'node:os';
import { AppError } from '../../../contract/errors.ts';
import { Settings, type SettingsPatch } from '../../../contract/system.ts';
import type { SettingTable } from '../../store/settings.ts';

const DEFAULTS: Settings = { host: null, port: null, theme: 'system', on_quit: 'ask', onboarded: false };
const KEY = 'program';

/** What the owner chose. A value that an older or newer program wrote and this one does not know falls back to its default. */
export class ProgramSettings {
  readonly #table: SettingTable;

  constructor(table: SettingTable) {
    this.#table = table;
  }

  read(): Settings {
    return Settings.parse({ ...DEFAULTS, ...this.#table.read(KEY, Settings.partial()) });
  }

  /** @throws AppError `validation_failed` for an address that this machine does not have: the next start would fail. */
  update(patch: SettingsPatch): Settings {
    if (typeof patch.host === 'string' && !isOwnAddress(patch.host)) {
      const message = `"${patch.host}" is no address of this machine; use 127.0.0.1, 0.0.0.0 for all of them, or one of ${ownAddresses().join(', ')}`;
      throw new AppError('validation_failed', { issues: [{ field: 'host', message }] });
    }
    const next = Settings.parse({ ...this.read(), ...patch });
    this.#table.write(KEY, next);
    return next;
  }
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

function isOwnAddress(host: string): boolean {
  return ['localhost', '0.0.0.0', '::'].includes(host) || ownAddresses().includes(host);
}
