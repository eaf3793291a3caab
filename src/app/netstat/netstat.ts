// Owns: `nettrace netstat`: what is read for the table that was asked for, once or every second, and its exit code.
// Knows nothing of: words on the command line, and how tables look.
import type { Addon } from '../../native/addon.ts';
import type { NetstatOptions } from '../../netstat/options.ts';
import { UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { createNames } from './names.ts';
import type { Table, TableParts } from './table.ts';

const INTERVAL_MS = 1000;

/** Prints until it is asked to end. False where this kernel has not what was asked for. Throws UserError. */
export async function runNetstat(world: World, options: NetstatOptions, stop: AbortSignal): Promise<boolean> {
  const loading = loadTable(options);
  const addon = await loadAddon(world);
  const names = createNames(addon, world.clock);
  const make = await loading;
  let supported = true;
  const unsupported = () => {
    supported = false;
  };
  const table = make({ world, addon, names, options, unsupported });
  for (let first = true; ; first = false) {
    await world.stdout.write(await explained(() => table({ first })));
    if (!options.continuous || stop.aborted || !supported) return supported;
    await world.clock.sleep(INTERVAL_MS, stop);
    if (stop.aborted) return true;
    names.forgetDevices();
  }
}

/** Only what the table needs is loaded: before the first line every millisecond counts. */
async function loadTable(options: NetstatOptions): Promise<(parts: TableParts) => Table> {
  if (options.mode === 'sockets') return (await import('./sockets.ts')).socketTable;
  return (await import('./tables.ts')).tableOf(options.mode);
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { explainNativeError, isNativeError } = await import('../../native/native-error.ts');
    if (isNativeError(error)) throw new UserError(explainNativeError(error), 'start', { cause: error });
    throw error;
  }
}

async function loadAddon(world: World): Promise<Addon> {
  try {
    return await world.loadAddon();
  } catch (error) {
    const { explainLoadError } = await import('../../native/native-error.ts');
    throw new UserError(explainLoadError(error) ?? (error as Error).message, 'start', { cause: error });
  }
}
