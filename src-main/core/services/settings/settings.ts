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

  update(patch: SettingsPatch): Settings {
    const next = Settings.parse({ ...this.read(), ...patch });
    this.#table.write(KEY, next);
    return next;
  }
}
