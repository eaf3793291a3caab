// Owns: what names addresses and ports in this run, besides what the engine reads on the wire.
// Knows nothing of: who shows the names.
import type { SampleNames } from '../model/sample.ts';
import { parseServices } from '../procfs/service-names.ts';
import type { Settings } from './config/option-table.ts';
import { createReverseNames } from './reverse-names.ts';
import type { Shutdown } from './shutdown.ts';
import type { World } from './world.ts';

/** A question that takes longer has no answer that anybody waits for. */
const QUESTION_LIMIT_MS = 3000;

/** undefined with --numeric. Only with --resolve anything is asked, and only for addresses that somebody looks at. */
export async function createNames(
  world: Pick<World, 'readServices' | 'createResolver' | 'clock'>,
  { settings, shutdown }: { readonly settings: Settings; readonly shutdown: Shutdown },
): Promise<SampleNames | undefined> {
  if (settings.numeric) return undefined;
  const serviceName = parseServices(world.readServices());
  if (!settings.resolve) return { serviceName, hostName: () => undefined };
  const resolver = await world.createResolver(QUESTION_LIMIT_MS);
  const reverse = createReverseNames({ ...resolver, now: () => world.clock.now() });
  shutdown.add('engine', () => reverse.stop());
  return { serviceName, hostName: reverse.hostName };
}
