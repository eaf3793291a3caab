// Owns: `npm run soak`: what is done to a service, one part after the other, figures and faults, the exit code.
// Knows nothing of: the parts. Words: names of parts; --minutes N of the long run, --kills N.
import type { Findings } from '../e2e/check.ts';
import { noWorld } from '../e2e/places.ts';
import { withWorld } from '../e2e/world.ts';
import { createGround, type Ground } from './ground.ts';
import { clients } from './part-clients.ts';
import { clock } from './part-clock.ts';
import { disk } from './part-disk.ts';
import { kill } from './part-kill.ts';
import { soak } from './part-soak.ts';

interface Amounts {
  readonly minutes: number;
  readonly kills: number;
}

type Part = (ground: Ground, amounts: Amounts, say: (text: string) => void) => Promise<Findings>;

const PARTS: Readonly<Record<string, Part>> = {
  clients: (ground) => clients(ground),
  clock: (ground) => clock(ground),
  disk: (ground) => disk(ground),
  kill: (ground, { kills }, say) => kill(ground, kills, say),
  soak: (ground, { minutes }, say) => soak(ground, minutes, say),
};

function parse(args: readonly string[]): { readonly parts: readonly string[]; readonly amounts: Amounts } {
  const parts: string[] = [];
  const amounts = { minutes: 20, kills: 50 };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const name = arg.slice(2);
    if (name === 'minutes' || name === 'kills') {
      amounts[name] = Number(args[++at]);
      if (!(amounts[name] >= 0)) throw new Error(`${arg} needs a number`);
    } else if (Object.hasOwn(PARTS, arg)) parts.push(arg);
    else throw new Error(`"${arg}" is no part: there are ${Object.keys(PARTS).join(', ')}, --minutes N and --kills N`);
  }
  return { parts: parts.length > 0 ? parts : Object.keys(PARTS), amounts };
}

async function main(): Promise<boolean> {
  const { parts, amounts } = parse(process.argv.slice(2));
  const reason = noWorld();
  if (reason !== false) {
    console.log(`cannot run: ${reason}`);
    return false;
  }
  let good = true;
  for (const name of parts) {
    console.log(`${name} ...`);
    const findings = await withWorld(async (world) => {
      const ground = createGround(world);
      try {
        return await (PARTS[name] as Part)(ground, amounts, console.log);
      } catch (error) {
        return { figures: [], faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
      } finally {
        ground.remove();
      }
    });
    for (const text of findings.figures) console.log(`    ${text}`);
    for (const text of findings.faults) console.log(`    FAULT ${text}`);
    console.log(`${name}: ${findings.faults.length === 0 ? 'ok' : 'FAULT'}`);
    good &&= findings.faults.length === 0;
  }
  return good;
}

process.exitCode = (await main()) ? 0 : 1;
