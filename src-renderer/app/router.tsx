import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Link,
  redirect,
} from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { KeysPage } from '../features/access/keys-page.tsx';
import { AddModelPage } from '../features/models/add-model-page.tsx';
import { MODEL_TABS, ModelPage, type ModelTab } from '../features/models/model-page.tsx';
import { ModelsPage } from '../features/models/models-page.tsx';
import { describeError } from '../api/errors.ts';
import { buttonClass } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, ErrorPanel } from '../ui/state.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Crashed });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/models', replace: true });
  },
});

const models = createRoute({ getParentRoute: () => root, path: '/models', component: ModelsPage });
const addModel = createRoute({
  getParentRoute: () => root,
  path: '/models/new',
  component: AddModelPage,
  validateSearch: (search): { readonly recipe?: number } => {
    const recipe = Number(search['recipe']);
    return Number.isInteger(recipe) && recipe > 0 ? { recipe } : {};
  },
});
const recipes = createRoute({
  getParentRoute: () => root,
  path: '/recipes',
  component: lazyRouteComponent(() => import('../features/recipes/recipes-page.tsx'), 'RecipesPage'),
});
const model = createRoute({
  getParentRoute: () => root,
  path: '/models/$id',
  component: ModelPage,
  validateSearch: (search): { readonly tab?: ModelTab } => {
    const tab = MODEL_TABS.find((known) => known === search['tab']);
    return tab === undefined ? {} : { tab };
  },
});
const playground = createRoute({
  getParentRoute: () => root,
  path: '/playground',
  component: lazyRouteComponent(() => import('../features/playground/playground-page.tsx'), 'PlaygroundPage'),
  validateSearch: (search): { readonly model?: string } =>
    typeof search['model'] === 'string' ? { model: search['model'] } : {},
});
const keys = createRoute({
  getParentRoute: () => root,
  path: '/keys',
  component: KeysPage,
  validateSearch: (search): { readonly create?: boolean } => (search['create'] === true ? { create: true } : {}),
});
const usage = createRoute({
  getParentRoute: () => root,
  path: '/usage',
  component: lazyRouteComponent(() => import('../features/usage/usage-page.tsx'), 'UsagePage'),
});
const upstreams = createRoute({
  getParentRoute: () => root,
  path: '/upstreams',
  component: lazyRouteComponent(() => import('../features/upstreams/upstreams-page.tsx'), 'UpstreamsPage'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('../features/settings/settings-page.tsx'), 'SettingsPage'),
});
const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: lazyRouteComponent(() => import('../features/welcome/welcome-page.tsx'), 'WelcomePage'),
});

/** The screens. The place stands in the hash, so that app:// and http:// need no rewriting of paths. */
export const router = createRouter({
  routeTree: root.addChildren([
    home,
    models,
    addModel,
    model,
    recipes,
    playground,
    keys,
    usage,
    upstreams,
    settings,
    welcome,
  ]),
  history: createHashHistory(),
  defaultPreload: 'intent',
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

function NotFound() {
  return (
    <Empty
      icon={Compass}
      title="There is no such screen"
      actions={
        <Link to="/models" className={buttonClass()}>
          Go to the models
        </Link>
      }
    >
      The address names a screen that does not exist.
    </Empty>
  );
}

/** A screen that threw: the frame's state is gone, a reload brings it back. */
function Crashed({ error }: { readonly error: unknown }) {
  return (
    <Page title="Cortex">
      <ErrorPanel what="This screen broke" problem={describeError(error)} onRetry={() => window.location.reload()} />
    </Page>
  );
}
