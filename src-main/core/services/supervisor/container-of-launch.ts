import type { EngineCommand } from '../../../domain/engine/driver.ts';
import type { ContainerSpec } from '../../ports/containers.ts';
import type { ModelRecord } from '../../store/models.ts';
import { configHash, containerName, containerSpec, labelsFor, type ContainerPlan } from './container-plan.ts';
import type { LaunchPlan } from './launch-plan.ts';

interface Launched {
  readonly plan: LaunchPlan;
  readonly model: ModelRecord;
  readonly services: { readonly ownerId: string };
}

/** The container of a model with everything that goes into it. `key` and `launchId` differ from launch to launch. */
export function specOf(
  { plan, model, services }: Launched,
  place: ContainerPlan,
  key: string,
  launchId: string,
): { spec: ContainerSpec; command: EngineCommand; hash: string } {
  const { driver } = plan;
  const { port } = driver.container;
  const command = driver.command(model.fields, { ...plan.launch, port, key });
  const name = containerName(services.ownerId, model.id, model.servedModelName);
  const parts = { driver, plan: place, launch: { port }, command, fields: model.fields, name, labels: {} };
  const bare = containerSpec(parts);
  const hash = configHash(bare, command.secretEnv);
  return { spec: { ...bare, labels: labelsFor(services.ownerId, model.id, launchId, hash) }, command, hash };
}

/** The key a found container was started with: it stands in the variable where we would put ours. */
export function keyIn(
  { plan, model }: Pick<Launched, 'plan' | 'model'>,
  env: Readonly<Record<string, string>>,
): string {
  const marker = 'key-of-this-launch';
  const command = plan.driver.command(model.fields, { ...plan.launch, port: 0, key: marker });
  const name = Object.keys(command.env).find((variable) => command.env[variable] === marker);
  return (name === undefined ? undefined : env[name]) ?? '';
}
