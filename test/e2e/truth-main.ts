// Owns: `npm run truth`: every scenario at full length, nettrace and nethogs on the same traffic, as a table.
// Knows nothing of: the scenarios. Words: names of scenarios contain one of them; --quick, --alone (without nethogs),
// --settle (half a second of silence before the end).
import type { Check, Findings } from './check.ts';
import { DEVICE_CHECKS } from './checks-devices.ts';
import { FLOOD_CHECKS } from './checks-flood.ts';
import { RATE_CHECKS } from './checks-rate.ts';
import { has, noWorld } from './places.ts';
import { createStage, type Outcome, perform, type Scenario } from './scenario.ts';
import { IDENTITY_SCENARIOS, SHORT_LIVED_SCENARIOS } from './scenarios-identity.ts';
import { LOOPBACK_SCENARIOS, SERVER_SCENARIOS, TRANSFER_SCENARIOS } from './scenarios-tcp.ts';
import { UDP_SCENARIOS } from './scenarios-udp.ts';
import { withWorld } from './world.ts';

const SCENARIOS = [
  ...TRANSFER_SCENARIOS,
  ...SERVER_SCENARIOS,
  ...LOOPBACK_SCENARIOS,
  ...UDP_SCENARIOS,
  ...IDENTITY_SCENARIOS,
  ...SHORT_LIVED_SCENARIOS,
];
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const flags = new Set(process.argv.slice(2).filter((word) => word.startsWith('--')));

const percent = (part: number, whole: number) => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(3)} %`);

function print(scenario: Scenario, { verdict, nethogs }: Outcome): void {
  const { wire, right, wrong, residual, unnamed, kernelDrops, faults } = verdict;
  const cells = [
    scenario.name.padEnd(60),
    String(wire).padStart(11),
    percent(right, wire).padStart(10),
    String(wrong).padStart(8),
    percent(residual, wire).padStart(9),
    nethogs === undefined ? '' : percent(nethogs.right, wire).padStart(10),
    nethogs === undefined ? '' : String(Math.round(nethogs.wrong)).padStart(10),
    faults.length === 0 ? 'ok' : 'FAULT',
  ];
  console.log(cells.join('  '));
  for (const [reason, bytes] of unnamed) console.log(`    ${percent(bytes, wire)} without a process: ${reason}`);
  if (kernelDrops > 0) console.log(`    ${kernelDrops} packets dropped by the kernel`);
  for (const fault of faults) console.log(`    ${fault}`);
}

function brokeOff(error: unknown): Findings {
  return { figures: [], faults: [error instanceof Error ? error.message : String(error)] };
}

function printFindings({ name }: Check, { figures, faults }: Findings): void {
  console.log(`${name}: ${faults.length === 0 ? 'ok' : 'FAULT'}`);
  for (const line of [...figures, ...faults]) console.log(`    ${line}`);
}

async function main(): Promise<boolean> {
  const reason = noWorld();
  if (reason !== false) {
    console.log(`cannot run: ${reason}`);
    return false;
  }
  const withNethogs = !flags.has('--alone') && has('nethogs');
  const options = { nethogs: withNethogs, settleMs: flags.has('--settle') ? 500 : 0 };
  const asked = ({ name }: { readonly name: string }) =>
    words.length === 0 || words.some((word) => name.includes(word));
  const wanted = SCENARIOS.filter(asked);
  const checks = [...RATE_CHECKS, ...DEVICE_CHECKS, ...FLOOD_CHECKS].filter(asked);
  const head = ['scenario'.padEnd(60), 'wire bytes'.padStart(11), 'right'.padStart(10), 'wrong B'.padStart(8)];
  head.push('residual'.padStart(9), withNethogs ? `${'nethogs'.padStart(10)}  ${'wrong B'.padStart(10)}` : '');
  console.log(head.join('  '));
  let good = true;
  await withWorld(async (world) => {
    const stage = createStage(world, flags.has('--quick') ? 1 : 5);
    for (const scenario of wanted) {
      const outcome = await perform(stage, scenario, options);
      print(scenario, outcome);
      good &&= outcome.verdict.faults.length === 0;
    }
    for (const check of checks) {
      const findings = await check.run(stage, withNethogs).catch(brokeOff);
      printFindings(check, findings);
      good &&= findings.faults.length === 0;
    }
  });
  return good;
}

process.exitCode = (await main()) ? 0 : 1;
