// Owns: `nettrace doctor`: what is looked at, in which order, and the self-test in a process of its own.
// Knows nothing of: how the report is judged and printed, and exit codes.
import { sanitize } from '../../base/sanitize.ts';
import type { Addon } from '../../native/addon.ts';
import { explainLoadError, explainNativeError, isNativeError } from '../../native/native-error.ts';
import { readPrivileges } from '../privileges.ts';
import { UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { findCapabilities } from './capabilities.ts';
import { lookAtCapture } from './capture.ts';
import { faultsOf, type SelfTestFigures } from './figures.ts';
import { judge, type SelfTestFinding, type SourceFinding, type Verdict } from './report.ts';
import { CHILD_WORD, type DoctorRequest } from './request.ts';
import { measureSelfTest } from './self-test.ts';
import { renderDoctor } from './text.ts';

/** It takes about 2 seconds; this is for a machine that hangs. */
const SELF_TEST_LIMIT_MS = 15_000;

/** What the child prints: one line of JSON. */
type ChildAnswer =
  | { readonly figures: SelfTestFigures }
  | { readonly error: string; readonly permitted: boolean; readonly supported: boolean };

/** Prints the report; throws UserError only where there is none to print. */
export async function runDoctor(world: World, request: DoctorRequest, version: string): Promise<Verdict> {
  const addon = await loadAddon(world);
  if (request.child) {
    await world.stdout.write(`${JSON.stringify(answerAsChild(world, addon))}\n`);
    return 'well';
  }
  const status = world.readOwnStatus();
  const sources = findSources(addon);
  const { capture, ownership } = await lookAtCapture(world, addon, readPrivileges(status).capture);
  const selfTest = await runSelfTest(world);
  const tested = selfTest.state === 'done' ? selfTest.figures.ownership : undefined;
  const report = judge({
    version,
    sources,
    capture,
    capabilities: findCapabilities(status),
    selfTest,
    ownership: tested ?? ownership,
  });
  const unicode = /utf-?8/i.test(world.env['LC_ALL'] || world.env['LC_CTYPE'] || world.env['LANG'] || '');
  const printed = request.json
    ? `${JSON.stringify({ type: 'doctor', ...report })}
`
    : renderDoctor(report, { unicode, columns: world.columns });
  await world.stdout.write(printed);
  return report.verdict;
}

async function loadAddon(world: World): Promise<Addon> {
  try {
    return await world.loadAddon();
  } catch (error) {
    throw new UserError(explainLoadError(error) ?? (error as Error).message, 'start', { cause: error });
  }
}

function findSources(addon: Addon): readonly SourceFinding[] {
  return addon.probeSources().map(({ name, state, reason, advice }) => ({
    name: sanitize(name),
    state,
    reason: sanitize(reason, 300),
    advice: sanitize(advice, 300),
  }));
}

function answerAsChild(world: World, addon: Addon): ChildAnswer {
  try {
    return { figures: measureSelfTest(addon, world.clock) };
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const supported = error.code !== 'kNetlinkFailed';
    return { error: explainNativeError(error), permitted: error.code !== 'kNotPermitted', supported };
  }
}

async function runSelfTest(world: World): Promise<SelfTestFinding> {
  const ended = await world.runSelf(['doctor', CHILD_WORD], SELF_TEST_LIMIT_MS);
  const answer = parseAnswer(ended.stdout);
  if (answer === undefined) {
    const how = ended.timedOut ? `it did not end within ${SELF_TEST_LIMIT_MS / 1000} seconds` : 'its process died';
    return {
      state: 'broken',
      reason: [how, sanitize(ended.stderr.trim(), 200)].filter((text) => text !== '').join(': '),
    };
  }
  if ('figures' in answer) {
    const faults = faultsOf(answer.figures);
    return { state: 'done', passed: faults.length === 0, faults, figures: answer.figures };
  }
  if (!answer.permitted)
    return { state: 'not-run', reason: 'it needs root (CAP_SYS_ADMIN), to make network namespaces of its own' };
  if (!answer.supported) return { state: 'not-run', reason: `this kernel has no veth pairs for it (${answer.error})` };
  return { state: 'broken', reason: answer.error };
}

/** Undefined where the process did not come as far as an answer. */
function parseAnswer(text: string): ChildAnswer | undefined {
  try {
    return JSON.parse(text) as ChildAnswer;
  } catch {
    return undefined;
  }
}
