// Owns: the settings of a run as options of the engine.
// Knows nothing of: the engine.
import type { EngineOptions } from '../native/addon.ts';
import type { Settings } from './config/option-table.ts';

/** @param file --read */
export function engineOptions(settings: Settings, file: string | undefined): EngineOptions {
  const filter = captureFilter(settings);
  const common = {
    snaplen: settings.snaplen,
    maxFlows: settings['max-flows'],
    names: !settings.numeric,
    ...(filter === '' ? {} : { filter }),
  };
  if (file !== undefined) return { ...common, file };
  const procRoot = settings['proc-root'];
  return {
    ...common,
    devices: settings.devices,
    ...(procRoot === '/proc' ? {} : { procRoot }),
    all: settings.all,
    engine: settings.engine as EngineOptions['engine'] & string,
    light: settings.light,
    promiscuous: settings.promiscuous,
    capture: settings.capture,
    ringBytes: settings['ring-size'],
    lookupsPerSecond: settings.lookups,
  };
}

/** --tcp-only is a part of the capture filter: what it leaves out costs nothing. */
export function captureFilter(settings: Settings): string {
  const filter = settings.filter.trim();
  if (!settings['tcp-only']) return filter;
  return filter === '' ? 'tcp' : `(${filter}) and tcp`;
}
