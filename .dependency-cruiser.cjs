/** The layers of docs/architecture.md as import rules; `npm run check:layers` holds them. */
const layer = (name, path, allowed) => ({
  name,
  severity: 'error',
  from: { path },
  to: { pathNot: allowed },
});
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)`;

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src-', pathNot: ['\\.d\\.ts$', 'tsconfig', '\\.css$', '^src-renderer/public/'] },
      to: {},
    },
    layer('domain-is-pure', '^src-main/domain/', ['^src-main/domain/', npm('zod')]),
    layer('contract-knows-domain', '^src-main/contract/', [
      '^src-main/(contract|domain)/',
      npm('zod', '@orpc/contract'),
    ]),
    {
      name: 'core-is-a-node-program',
      severity: 'error',
      from: { path: '^src-main/core/' },
      to: {
        path: [
          '^src-main/(api|gateway|shell)/',
          '^src-main/headless',
          '^src-renderer/',
          '^src-preload/',
          npm('electron', 'express', '@orpc'),
        ],
      },
    },
    {
      name: 'http-knows-the-errors-alone',
      severity: 'error',
      from: { path: '^src-main/http/' },
      to: { path: ['^src-main/(core|api|gateway|shell|domain)/', npm('express', 'electron', '@orpc', 'undici')] },
    },
    {
      name: 'api-maps-contract-to-services',
      severity: 'error',
      from: { path: '^src-main/api/' },
      to: {
        path: [
          '^src-main/(gateway|shell)/',
          '^src-renderer/',
          '^src-main/core/(store|adapters)/',
          npm('electron', 'better-sqlite3', 'dockerode', 'undici'),
        ],
      },
    },
    {
      name: 'gateway-knows-services-and-domain',
      severity: 'error',
      from: { path: '^src-main/gateway/' },
      to: {
        path: [
          '^src-main/(api|shell)/',
          '^src-renderer/',
          '^src-main/core/(store|adapters)/',
          npm('electron', 'better-sqlite3', 'dockerode', '@orpc'),
        ],
      },
    },
    {
      name: 'only-the-shell-knows-electron',
      severity: 'error',
      from: { path: '^src-(main|renderer)/', pathNot: '^src-main/shell/' },
      to: { path: npm('electron') },
    },
    layer('preload-knows-electron', '^src-preload/', [npm('electron')]),
    {
      name: 'renderer-knows-the-contract',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { path: ['^src-main/', '^src-preload/'], pathNot: '^src-main/(contract|domain)/' },
    },
    {
      name: 'features-are-strangers',
      severity: 'error',
      from: { path: '^src-renderer/features/([^/]+)/' },
      to: { path: '^src-renderer/features/', pathNot: '^src-renderer/features/$1/' },
    },
    {
      name: 'the-kit-knows-no-feature',
      severity: 'error',
      from: { path: '^src-renderer/ui/' },
      to: { path: '^src-renderer/(features|app|api)/' },
    },
    {
      name: 'orpc-has-three-homes',
      severity: 'error',
      from: { path: '^src-', pathNot: '^src-main/(contract|api)/|^src-renderer/api/' },
      to: { path: npm('@orpc') },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    exclude: { path: '(^|/)out/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.css'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
