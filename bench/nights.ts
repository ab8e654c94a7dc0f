import { parseArgs } from 'node:util';
import { simulateNight } from '#main/testing/simulation/simulatedNight.ts';

/** Nights of twenty hours, one for each seed, on a clock that does not wait; every one that goes wrong is named. */
const { values } = parseArgs({ options: { seeds: { type: 'string', default: '2000' }, from: { type: 'string', default: '1' } } });
const from = Number(values.from);
const seeds = Number(values.seeds);

const startMs = performance.now();
const sums = { tries: 0, steps: 0, kills: 0, actions: 0, done: 0, failed: 0 };
const wrong: string[] = [];
let longestMs = 0;
for (let seed = from; seed < from + seeds; seed += 1) {
  const nightMs = performance.now();
  try {
    const report = await simulateNight(seed);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += report[name];
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
    console.log(wrong.at(-1));
  }
  longestMs = Math.max(longestMs, performance.now() - nightMs);
}
const tookSec = (performance.now() - startMs) / 1_000;
console.log(
  `nights: seeds ${from} to ${from + seeds - 1}, ${wrong.length} went wrong; ${sums.tries} tries at files, ${sums.done} done, ${sums.failed} failed, ${sums.kills} owners killed, ${sums.actions} things a user did, ${sums.steps} steps`,
);
console.log(`nights: ${((tookSec * 1_000) / seeds).toFixed(0)} ms each, longest ${longestMs.toFixed(0)} ms`);
if (wrong.length > 0) process.exitCode = 1;
