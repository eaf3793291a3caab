// Owns: what keys of the live view do beyond the screen, and the sentence that tells what came of each.
// Knows nothing of: keys and screens.
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sanitize } from '../../base/sanitize.ts';
import { csvText, jsonText } from '../../export/table-text.ts';
import type { UiState } from '../../view/ui-state.ts';
import { NETHOGS_MODES } from '../../view/view-modes.ts';
import type { InvokingUser } from '../invoking-user.ts';
import { UNITS } from '../mode.ts';
import type { LiveEffects } from './loop.ts';
import { listSettings } from './screen-lists.ts';
import { type SignalWorld, sendSignal } from './send-signal.ts';
import type { WriteRequest } from './write-request.ts';

export interface EffectWorld extends SignalWorld {
  /** Set under sudo: files belong to this user. */
  readonly user: InvokingUser | undefined;
  readonly ownUid: number;
  /** Where the settings are; undefined where there is no home. */
  readonly configFile: string | undefined;
  /** The folder for exported tables. */
  readonly folder: string;
  /** ms since 1970. */
  readonly wallClock: () => number;
  /** Writes with the rights of a user, else with ours. The clause that says why it failed, or undefined. */
  readonly writeFile: (request: WriteRequest, user: InvokingUser | undefined) => Promise<string | undefined>;
}

export function createEffects(world: EffectWorld): LiveEffects {
  return {
    async exportTable(table, format) {
      const time = new Date(world.wallClock()).toISOString().replace(/[-:]|\.\d+/g, '');
      const name = `nettrace-${table.name}-${time}.${format}`;
      const text = format === 'csv' ? csvText(table) : jsonText(table);
      const problem = await world.writeFile({ kind: 'new', path: join(world.folder, name), text }, world.user);
      const count = table.rows.length === 1 ? '1 row' : `${table.rows.length} rows`;
      return problem === undefined ? good(`${count} written to ${name}`) : bad(`${name} was not written: ${problem}`);
    },
    async saveSettings(ui) {
      const { configFile } = world;
      if (configFile === undefined) return bad('there is no home to save settings in; HOME is not set');
      const shown = sanitize(configFile);
      const writer = writerOf(configFile, world);
      if (writer === 'nobody') return bad(`${shown} was not written: it is the file of another user`);
      const request: WriteRequest = { kind: 'keys', path: configFile, keys: settingsOf(ui) };
      const problem = await world.writeFile(request, writer === 'user' ? world.user : undefined);
      return problem === undefined ? good(`settings saved to ${shown}`) : bad(`${shown} was not written: ${problem}`);
    },
    sendSignal: (pending) => sendSignal(world, pending),
  };
}

function good(text: string) {
  return { text, isBad: false };
}

function bad(text: string) {
  return { text, isBad: true };
}

/** What the screen looks like, as settings of the same names. */
export function settingsOf(ui: UiState): Readonly<Record<string, string | boolean>> {
  const mode = ui.viewMode.kind === 'fixed' ? NETHOGS_MODES.indexOf(ui.viewMode) : -1;
  const units = Object.entries(UNITS).find(
    ([, each]) => each.base === ui.units.base && each.quantity === ui.units.quantity,
  );
  return {
    'view-mode': mode < 0 ? 'auto' : String(mode),
    'sort-sent': ui.sort === 'sent',
    ...listSettings(ui.lists),
    'command-line': ui.commandLine,
    basename: ui.basename,
    units: units?.[0] ?? 'si',
    theme: ui.theme,
  };
}

/** Whoever owns the file, else the nearest folder that is there: never is a file made in somebody else's. */
function writerOf(path: string, { user, ownUid }: EffectWorld): 'user' | 'self' | 'nobody' {
  const owner = ownerOf(path);
  if (owner === ownUid) return 'self';
  return user !== undefined && owner === user.uid ? 'user' : 'nobody';
}

function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path).uid;
  } catch {
    const folder = dirname(path);
    return folder === path ? undefined : ownerOf(folder);
  }
}
