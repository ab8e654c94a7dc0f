import { admissionPolicy, fixedPolicy, meanNight } from '../src-main/testing/admissionMachine.ts';

/** Jobs done, time over the memory limit and jobs killed in simulated nights of two hours, by how the number of workers is chosen. */
const SEEDS = Number(process.argv[2] ?? 20);

const POLICIES = [
  ...[6, 7, 8, 9, 10, 12].map((count) => [`fixed ${count}`, () => fixedPolicy(count)] as const),
  ['admission by reservation', admissionPolicy] as const,
];

console.log(`mean of ${SEEDS} nights of 2 h`);
console.log('policy                    jobs done  s over limit  killed  workers');
for (const [name, policy] of POLICIES) {
  const { done, overLimitSec, kills, meanRunning } = meanNight(policy, SEEDS);
  const columns = [
    done.toFixed(0).padStart(9),
    overLimitSec.toFixed(0).padStart(12),
    kills.toFixed(2).padStart(6),
    meanRunning.toFixed(1).padStart(7),
  ];
  console.log(`${name.padEnd(24)}  ${columns.join('  ')}`);
}
