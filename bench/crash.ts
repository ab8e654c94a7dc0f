import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { runCrashes } from '#main/testing/crash/crashRun.ts';
import { machineFacts } from './machine.ts';

/** Owners killed by SIGKILL while a user changes the queue; what must be 0, and how soon the next owner is at work. */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    files: { type: 'string', default: '120' },
  },
});
const RUNNABLE_WITHIN_MS = 2_000;

console.log(await machineFacts(tmpdir()));
const report = await runCrashes({
  kills: Number(values.kills),
  seed: Number(values.seed),
  files: Number(values.files),
  onKill: (kill, facts) => {
    if (kill % 50 === 0) console.log(`crash: ${kill} kills, ${facts?.done ?? 0} tasks done, ${facts?.open ?? 0} open`);
  },
});
const sorted = report.firstWorkMs.toSorted((left, right) => left - right);
const at = (ratio: number): string => `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? 0)} ms`;
const { facts } = report;
console.log(`crash: seed ${values.seed}, ${report.kills} kills, ${report.killedWhileOpening} of them while the folder was opened`);
console.log(`crash: ${report.announced} outcomes announced; lost or recorded twice or otherwise wrong: ${report.problems.length}`);
console.log(
  `crash: ${facts.runs} runs left with ${facts.tasks} tasks; ${facts.lostAttempts} attempts lost with their owner and done again, ${facts.givenUp} given up after too many losses`,
);
console.log(`crash: servers sent ${report.effects} texts, ${report.stored} stored: ${report.effects - report.stored} seen more than once`);
console.log(
  `crash: from the start of an owner to the first text of left work: median ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)}; over ${RUNNABLE_WITHIN_MS} ms: ${sorted.filter((ms) => ms > RUNNABLE_WITHIN_MS).length} of ${sorted.length}`,
);
for (const problem of report.problems.slice(0, 20)) console.log(`  ${problem}`);
if (report.problems.length > 0) process.exitCode = 1;
