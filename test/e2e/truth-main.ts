// Owns: `npm run truth`: every scenario at full length, nettrace and nethogs on the same traffic, as a table.
// Knows nothing of: the scenarios. Words: names of scenarios contain one of them; --quick, --alone (without nethogs),
// --settle (half a second of silence before the end), --engine NAME[,NAME], --table (rewrites the one of docs/truth.md).
import type { Findings } from './check.ts';
import { DEVICE_CHECKS } from './checks-devices.ts';
import { engineChecks } from './checks-engine.ts';
import { FLOOD_CHECKS } from './checks-flood.ts';
import { RATE_CHECKS } from './checks-rate.ts';
import { defaultEngines, has, noWorld } from './places.ts';
import { createStage, type Options, perform, type Scenario, type Stage } from './scenario.ts';
import { FOREIGN_SCENARIOS } from './scenarios-foreign.ts';
import { IDENTITY_SCENARIOS, SHORT_LIVED_SCENARIOS } from './scenarios-identity.ts';
import { OLDER_SCENARIOS } from './scenarios-older.ts';
import { SWARM_SCENARIOS } from './scenarios-swarm.ts';
import { LOOPBACK_SCENARIOS, SERVER_SCENARIOS, TRANSFER_SCENARIOS } from './scenarios-tcp.ts';
import { UDP_SCENARIOS } from './scenarios-udp.ts';
import { HAND_SCENARIOS, LONE_SCENARIOS, WAY_SCENARIOS } from './scenarios-ways.ts';
import { type CheckLine, HEAD, type Line, outcomeLines, table, writeTable } from './truth-table.ts';
import { withWorld } from './world.ts';

const SCENARIOS = [
  ...TRANSFER_SCENARIOS,
  ...SERVER_SCENARIOS,
  ...LOOPBACK_SCENARIOS,
  ...UDP_SCENARIOS,
  ...OLDER_SCENARIOS,
  ...IDENTITY_SCENARIOS,
  ...SHORT_LIVED_SCENARIOS,
  ...SWARM_SCENARIOS,
  ...HAND_SCENARIOS,
  ...WAY_SCENARIOS,
  ...FOREIGN_SCENARIOS,
  ...LONE_SCENARIOS,
];

interface Asked {
  readonly words: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly engines: readonly string[];
}

const FLAGS = ['--quick', '--alone', '--settle', '--table'];

/** A run takes ten minutes: nothing that is misspelt begins one. Undefined: it has been said what is wrong. */
function parse(args: readonly string[]): Asked | undefined {
  const words: string[] = [];
  const flags = new Set<string>();
  let engines: readonly string[] | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--engine') engines = (args[++i] ?? '').split(',').filter((name) => name !== '');
    else if (arg.startsWith('--')) flags.add(arg);
    else words.push(arg);
  }
  const unknown = [...flags].find((flag) => !FLAGS.includes(flag));
  if (unknown === undefined) return { words, flags, engines: engines ?? defaultEngines() };
  console.error(
    `truth: there is no option ${unknown}; words are parts of the names of scenarios, options are --engine NAME[,NAME], ` +
      `${FLAGS.join(', ')}`,
  );
  return undefined;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function brokeOff(error: unknown): Findings {
  return { figures: [], faults: [messageOf(error)] };
}

/** Prints the line as soon as it is known; `good`: nothing is wrong. */
async function runScenario(stage: Stage, scenario: Scenario, options: Options): Promise<{ line: Line; good: boolean }> {
  const { name, impossible } = scenario;
  const skipped = impossible?.() ?? false;
  if (skipped !== false) {
    console.log(`${name}: not run: ${skipped}`);
    return { line: { name, skipped }, good: true };
  }
  try {
    const outcome = await perform(stage, scenario, options);
    for (const text of outcomeLines(name, outcome)) console.log(text);
    return { line: { name, outcome }, good: outcome.columns.every(({ verdict }) => verdict.faults.length === 0) };
  } catch (error) {
    console.log(`${name}: FAULT\n    ${messageOf(error)}`);
    return { line: { name, skipped: messageOf(error) }, good: false };
  }
}

async function main(): Promise<boolean> {
  const asked = parse(process.argv.slice(2));
  if (asked === undefined) return false;
  const { words, flags, engines } = asked;
  const reason = noWorld();
  if (reason !== false) {
    console.log(`cannot run: ${reason}`);
    return false;
  }
  const withNethogs = !flags.has('--alone') && has('nethogs');
  const options = { nethogs: withNethogs, settleMs: flags.has('--settle') ? 500 : 0, engines };
  const isAsked = ({ name }: { readonly name: string }) =>
    words.length === 0 || words.some((word) => name.includes(word));
  console.log(HEAD);
  const lines: Line[] = [];
  const checkLines: CheckLine[] = [];
  let allGood = true;
  await withWorld(async (world) => {
    const stage = createStage(world, flags.has('--quick') ? 1 : 5);
    for (const scenario of SCENARIOS.filter(isAsked)) {
      const { line, good } = await runScenario(stage, scenario, options);
      lines.push(line);
      allGood &&= good;
    }
    const checks = [...RATE_CHECKS, ...DEVICE_CHECKS, ...FLOOD_CHECKS, ...engineChecks(engines)];
    for (const check of checks.filter(isAsked)) {
      const findings = await check.run(stage, withNethogs).catch(brokeOff);
      console.log(`${check.name}: ${findings.faults.length === 0 ? 'ok' : 'FAULT'}`);
      for (const text of [...findings.figures, ...findings.faults]) console.log(`    ${text}`);
      checkLines.push({ name: check.name, findings });
      allGood &&= findings.faults.length === 0;
    }
  });
  if (flags.has('--table')) writeTable(table(lines, checkLines));
  return allGood;
}

process.exitCode = (await main()) ? 0 : 1;
