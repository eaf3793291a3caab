// Owns: a short capture of what a run without arguments would watch, as findings.
// Knows nothing of: the other findings.
import { sanitize } from '../../base/sanitize.ts';
import { buildModel } from '../../model/build-model.ts';
import type { Addon } from '../../native/addon.ts';
import { explainNativeError, isNativeError } from '../../native/native-error.ts';
import type { Ownership } from '../../native/schema.ts';
import { viewSnapshot } from '../../native/snapshot-view.ts';
import { SETTINGS } from '../config/option-table.ts';
import type { World } from '../world.ts';
import type { CaptureFinding, DeviceFinding } from './report.ts';

const CAPTURE_MS = 500;

export interface CaptureLook {
  readonly capture: CaptureFinding;
  /** Of the engine; undefined where it did not start. */
  readonly ownership: Ownership | undefined;
}

/** The engine itself decides, with whatever rights there are: it goes on without a capture where that is refused. */
export async function lookAtCapture(world: World, addon: Addon, permitted: boolean): Promise<CaptureLook> {
  const engine = new addon.Engine({});
  try {
    engine.start();
  } catch (error) {
    if (!isNativeError(error)) throw error;
    return notStarted(addon, explainNativeError(error, { devices: addon.listInterfaces() }));
  }
  try {
    const began = world.clock.now();
    await world.clock.sleep(CAPTURE_MS, new AbortController().signal);
    engine.stop();
    const snapshot = viewSnapshot(engine.snapshot(false));
    const readHost = await world.createHostReader({ proc: '/proc', sys: '/sys' });
    const labels = { reasons: addon.reasons, outcomes: addon.outcomes };
    const sample = { snapshot, withFlows: false, host: readHost(), labels, self: addon.selfUsage() };
    const milliseconds = Math.round(world.clock.now() - began);
    const model = buildModel(sample, undefined);
    if (model.light) {
      const fault = permitted ? (model.faults[0]?.text ?? 'it is refused') : 'it needs root (or CAP_NET_RAW)';
      return { ...notStarted(addon, fault), ownership: model.ownership };
    }
    const devices = model.interfaces.map((row) => ({
      name: row.name,
      state: row.state,
      linkType: row.linkType,
      decoded: row.decoded,
      capture: row.capture,
      frames: row.frames,
      kernelDrops: row.kernelDrops,
      interfaceDrops: row.interfaceDrops,
      fault: row.decoded ? row.faultText : 'its link type is not decoded',
    }));
    return {
      capture: { fault: undefined, milliseconds, ringBytes: SETTINGS['ring-size'].default, devices },
      ownership: model.ownership,
    };
  } finally {
    engine.stop();
  }
}

/** The devices can be named all the same. */
function notStarted(addon: Addon, fault: string): CaptureLook {
  const devices: DeviceFinding[] = listDevices(addon)
    .filter((device) => device.up && device.running && !device.loopback)
    .map((device) => ({
      name: sanitize(device.name),
      state: 'waiting',
      linkType: '',
      decoded: true,
      capture: 'none',
      frames: 0,
      kernelDrops: 0,
      interfaceDrops: 0,
      fault: '',
    }));
  const capture = { fault, milliseconds: 0, ringBytes: SETTINGS['ring-size'].default, devices };
  return { capture, ownership: undefined };
}

function listDevices(addon: Addon) {
  try {
    return addon.listInterfaces();
  } catch (error) {
    if (!isNativeError(error)) throw error;
    return [];
  }
}
