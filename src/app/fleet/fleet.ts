// Owns: `nettrace fleet`: when the server is asked, the JSON lines, and the screen with what keys do.
// Knows nothing of: PromQL and how a screen looks.
import { decimals, isoTime } from '../../export/json-row.ts';
import { detectCapabilities, textModeOf } from '../../tui/capabilities.ts';
import { createTerminal } from '../../tui/terminal.ts';
import type { TerminalWorld } from '../../tui/terminal-world.ts';
import type { FleetPlace } from '../../view/fleet-list.ts';
import type { FleetModel } from '../../view/fleet-model.ts';
import { FIRST_FLEET_UI, fleetFrame, fleetKey } from '../../view/fleet-screen.ts';
import { keyChord } from '../../view/keys.ts';
import { ticks } from '../clock.ts';
import { UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import type { FleetSource } from './source.ts';

/** Grows by one when a key changes its meaning or goes away. */
export const FLEET_VERSION = 1;

/** A line of JSON, its newline included. */
export function fleetLine({ timeMs, hosts, programs }: FleetModel): string {
  const whole = (value: number | undefined) => (value === undefined ? null : Math.round(value));
  return `${JSON.stringify({
    type: 'fleet',
    version: FLEET_VERSION,
    time: isoTime(timeMs),
    hosts: hosts.map((host) => ({
      host: host.host,
      hostname: host.hostname === '' ? null : host.hostname,
      sentRate: decimals(host.sentRate),
      receivedRate: decimals(host.receivedRate),
      sentTotal: whole(host.sentTotal),
      receivedTotal: whole(host.receivedTotal),
      cpu: decimals(host.cpu),
      load1: decimals(host.load1),
      memoryUsed: whole(host.memoryUsed),
      memoryTotal: whole(host.memoryTotal),
      alerts: host.alerts,
      ageSeconds: decimals(host.ageSeconds),
    })),
    programs: programs.map((row) => ({
      ...row,
      sentRate: decimals(row.sentRate),
      receivedRate: decimals(row.receivedRate),
    })),
  })}\n`;
}

/** One line, or with `intervalMs` a line each interval until `stop`. The first answer must come: throws UserError. */
export async function runFleetJson(
  world: World,
  source: FleetSource,
  intervalMs: number | undefined,
  stop: AbortSignal,
): Promise<void> {
  await world.stdout.write(fleetLine(await source.read(stop)));
  if (intervalMs === undefined) return;
  let first = true;
  for await (const _ of ticks(world.clock, intervalMs, stop)) {
    if (stop.aborted) return;
    if (first) {
      first = false;
      continue;
    }
    const model = await source.read(stop).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      if (!stop.aborted) world.stderr(`nettrace: ${error.message}\n`);
      return undefined;
    });
    if (model !== undefined) await world.stdout.write(fleetLine(model));
  }
}

export interface FleetScreen {
  readonly world: World;
  readonly terminalWorld: TerminalWorld;
  readonly source: FleetSource;
  readonly intervalMs: number;
  readonly ascii: boolean;
}

/** Shows the fleet until it is left; resolves with the signal that ended it. A server that is away is asked again. */
export async function runFleetScreen({ world, terminalWorld, source, intervalMs, ascii }: FleetScreen) {
  const stopping = new AbortController();
  let ending: string | undefined;
  let ui = FIRST_FLEET_UI;
  let model: FleetModel | undefined;
  let problem = '';
  let hour: readonly number[] = [];
  const capabilities = detectCapabilities({
    env: terminalWorld.env,
    stdinIsTty: true,
    stdoutIsTty: true,
    color: 'auto',
    ascii,
  });
  const mode = textModeOf(capabilities);
  const draw = () =>
    terminal.draw(fleetFrame({ size: terminal.size(), mode, ui, model, problem, hour, nowMs: world.wallClock() }));
  const readHour = async (place: FleetPlace): Promise<void> => {
    if (place.kind !== 'program') return;
    const values = await source.hour(place.host, place, stopping.signal);
    if (ui.place === place) hour = values;
  };
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      problem = '';
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problem = error.message;
    }
    if (!stopping.signal.aborted) draw();
  };
  const terminal = createTerminal(
    terminalWorld,
    { capabilities },
    {
      onKey(key) {
        const chord = keyChord(key);
        const next = fleetKey(chord === 'C-c' ? chord : chord.toLowerCase(), {
          ...{ ui, model, size: terminal.size() },
          clicked: key.kind === 'mouse' ? key.row : undefined,
        });
        if (next === undefined) return stopping.abort();
        const { place } = next;
        const moved = place !== ui.place;
        ui = next;
        if (moved) hour = [];
        draw();
        if (moved && place.kind === 'program') void attempt(() => readHour(place));
      },
      onRedraw: draw,
      onQuit(reason) {
        ending = reason.kind === 'signal' ? reason.signal : 'SIGHUP';
        stopping.abort();
      },
    },
  );
  terminal.open();
  draw();
  try {
    for await (const _ of ticks(world.clock, intervalMs, stopping.signal)) {
      if (stopping.signal.aborted) break;
      await attempt(async () => {
        const read = await source.read(stopping.signal);
        if (!ui.paused || model === undefined) model = read;
        await readHour(ui.place);
      });
    }
  } finally {
    terminal.close();
  }
  return ending;
}
