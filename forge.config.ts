import { MakerDeb } from '@electron-forge/maker-deb';
import { MakerDMG } from '@electron-forge/maker-dmg';
import { MakerSquirrel } from '@electron-forge/maker-squirrel';
import { MakerZIP } from '@electron-forge/maker-zip';
import { FusesPlugin } from '@electron-forge/plugin-fuses';
import type { ForgeConfig } from '@electron-forge/shared-types';
import { FuseV1Options, FuseVersion } from '@electron/fuses';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { stagedResources } from './tests/tools/package-stage.ts';
import { runtimePackages } from './tests/tools/runtime-packages.ts';

const root = import.meta.dirname;
/** Where packages are made; `npm run make` has staged their resources there. */
const place = resolve(root, process.env['CORTEX_MAKE_DIR'] ?? 'dist-make');
/** A folder with `electron-v<version>-<platform>-<arch>.zip`, for a machine that cannot fetch it. */
const electronZipDir = process.env['CORTEX_ELECTRON_ZIP_DIR'];

const kept = ['package.json', 'out', ...runtimePackages(root)];
/** What packages bring along and never load: sources, and binaries for other systems. */
const unused = [
  /^node_modules\/[^@/]+\/(deps|src|test|tests|docs)(\/|$)/,
  /\.(md|map|gyp|d\.ts)$/,
  new RegExp(`^node_modules/better-sqlite3/prebuilds/(?!${process.platform}-${process.arch}\\.node$).`),
];

/** Everything stays out but the program and what it loads, with the folders on the way there. */
function isIgnored(path: string): boolean {
  const relative = path.replace(/^\//, '');
  if (relative === '') return false;
  const isOnTheWay = kept.some((entry) => entry.startsWith(`${relative}/`));
  const isKept = kept.some((entry) => entry === relative || relative.startsWith(`${entry}/`));
  return !isOnTheWay && (!isKept || unused.some((pattern) => pattern.test(relative)));
}

/** What the package's own package.json needs to say. */
const MANIFEST = ['name', 'version', 'description', 'license', 'author', 'type', 'main'];

const { version: packedElectron } = createRequire(import.meta.url)('electron/package.json') as { version: string };

const config: ForgeConfig = {
  outDir: place,
  packagerConfig: {
    name: 'Cortex',
    executableName: 'cortex-desktop',
    appBundleId: 'org.cortex-desktop.app',
    appCategoryType: 'public.app-category.developer-tools',
    asar: { unpack: '**/*.node' },
    ignore: isIgnored,
    // Only what `ignore` lets through is there to be pruned.
    prune: false,
    extraResource: stagedResources(place),
    ...(electronZipDir === undefined ? {} : { electronZipDir: resolve(electronZipDir) }),
  },
  // Native packages bring their binaries along.
  rebuildConfig: { onlyModules: [] },
  hooks: {
    readPackageJson: (_config, manifest: Record<string, unknown>) =>
      Promise.resolve({
        ...Object.fromEntries(MANIFEST.map((key) => [key, manifest[key]])),
        productName: 'Cortex',
        // Forge reads from here which Electron to pack.
        devDependencies: { electron: packedElectron },
      }),
  },
  makers: [
    new MakerDeb({
      options: {
        name: 'cortex-desktop',
        bin: 'cortex-desktop',
        productName: 'Cortex',
        genericName: 'Language model control center',
        maintainer: 'The Cortex Desktop authors',
        section: 'science',
        categories: ['Development', 'Science'],
        icon: resolve(root, 'resources/icons/icon.png'),
      },
    }),
    // No rpm: there is no maker of this release for it.
    new MakerSquirrel({}),
    new MakerDMG({}),
    new MakerZIP({}),
  ],
  plugins: [
    new FusesPlugin({
      version: FuseVersion.V1,
      strictlyRequireAllFuses: true,
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: true,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      // The window's files come over app://, never over file://.
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
      [FuseV1Options.WasmTrapHandlers]: true,
    }),
  ],
};

export default config;
