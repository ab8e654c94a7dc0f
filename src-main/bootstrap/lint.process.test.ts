import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ROOT, toolPath } from './paths.mjs';
import { plantTree } from '#main/testing/plantedTree.ts';

interface LintReport {
  readonly diagnostics: { readonly code: string; readonly filename: string }[];
  readonly number_of_files: number;
}

function lint(files: Readonly<Record<string, string>>): { exitCode: number | null; count: number; reported: string[] } {
  using tree = plantTree(files);
  const { status, stdout, stderr } = spawnSync(process.execPath, [toolPath(ROOT, 'oxlint'), '--deny-warnings', '--format', 'json'], {
    cwd: tree.path,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${ROOT}/node_modules/.bin:${process.env['PATH']}` },
  });
  if (!stdout.trimStart().startsWith('{')) throw new Error(`oxlint said: ${stdout}${stderr}`);
  const { diagnostics, number_of_files } = JSON.parse(stdout) as LintReport;
  return { exitCode: status, count: number_of_files, reported: diagnostics.map(({ code, filename }) => `${filename}: ${code}`) };
}

/** One mistake each, with the rule that has to report it. */
const WRONG: readonly [rule: string, file: string, text: string][] = [
  ['typescript(no-floating-promises)', 'src-main/core/a1.ts', 'async function f(): Promise<void> {}\nf();'],
  [
    'typescript(no-misused-promises)',
    'src-main/core/a2.ts',
    'async function f(): Promise<boolean> { return true; }\nif (f()) throw new Error("x");',
  ],
  [
    'typescript(return-await)',
    'src-main/core/a3.ts',
    'export async function f(p: Promise<number>): Promise<number> { try { return p; } catch { return 0; } }',
  ],
  [
    'typescript(switch-exhaustiveness-check)',
    'src-main/core/a4.ts',
    'export function f(mode: "a" | "b"): number { switch (mode) { case "a": return 1; } return 2; }',
  ],
  ['typescript(no-explicit-any)', 'src-shared/a5.ts', 'export const a: any = 1;'],
  ['typescript(no-non-null-assertion)', 'src-shared/a6.ts', 'export const a = (x: string | null): string => x!;'],
  ['typescript(consistent-type-imports)', 'src-shared/a7.ts', 'import { B } from "./a8.ts";\nexport const b: B = 1;'],
  ['typescript(only-throw-error)', 'src-main/core/a9.ts', 'export function f(): void { throw "text"; }'],
  ['typescript(explicit-module-boundary-types)', 'src-main/core/a10.ts', 'export function f() { return 1; }'],
  ['eslint(no-console)', 'src-main/core/a11.ts', 'console.log(1);'],
  ['eslint(no-restricted-properties)', 'src-main/platform/a12.ts', 'process.exit(1);'],
  ['eslint(no-restricted-properties)', 'src-main/core/scheduler/a13.ts', 'export const t = Date.now();'],
  ['eslint(no-restricted-properties)', 'src-main/core/servers/a14.ts', 'export const t = Math.random();'],
  ['eslint(no-restricted-globals)', 'src-main/core/results/a15.ts', 'setTimeout(() => {}, 1);'],
  ['eslint(no-restricted-imports)', 'src-main/core/a16.ts', 'import { spawn } from "node:child_process";\nexport const s = spawn;'],
  ['eslint(no-restricted-imports)', 'src-main/core/a17.ts', 'import { app } from "electron";\nexport const s = app;'],
  ['eslint(no-restricted-imports)', 'src-renderer/a18.ts', 'import { c } from "#main/core/a11.ts";\nexport const s = c;'],
  ['eslint(no-restricted-imports)', 'src-main/core/a24.ts', 'import { c } from "#main/platform/clock.ts";\nexport const s = c;'],
  ['eslint(no-restricted-imports)', 'src-shared/a19.ts', 'import { join } from "node:path";\nexport const s = join;'],
  [
    'react-hooks(rules-of-hooks)',
    'src-renderer/A20.tsx',
    'import { useState } from "react";\nexport function C(p: { on: boolean }): null { if (p.on) useState(1); return null; }',
  ],
  ['jsx-a11y(alt-text)', 'src-renderer/A21.tsx', 'export const a = <img src="x" />;'],
  ['import(no-cycle)', 'src-main/core/a22.ts', 'import { b } from "./a23.ts";\nexport const a = (): unknown => b;'],
];

const GOOD = {
  'src-shared/a8.ts': 'export type B = number;',
  'src-main/core/a23.ts': 'import { a } from "./a22.ts";\nexport const b = (): unknown => a;',
  'src-main/core/scheduler/clock.test.ts': 'export const t = Date.now();\nsetTimeout(() => {}, 1);',
  'src-main/hosts/cli/main.ts': 'console.log(1);\nprocess.exit(0);',
  'src-main/platform/clock.ts': 'export const nowMs = (): number => Date.now();\nsetTimeout(() => {}, 1);',
};

describe('lint', () => {
  it('reports every planted mistake by its rule, and nothing in files that may', () => {
    const { exitCode, count, reported } = lint({ ...GOOD, ...Object.fromEntries(WRONG.map(([, file, text]) => [file, `${text}\n`])) });
    const missed = WRONG.filter(([rule, file]) => !reported.includes(`${file}: ${rule}`));
    expect(missed, reported.join('\n')).toEqual([]);
    const allowed = ['src-main/hosts/cli/main.ts', 'src-main/platform/clock.ts', 'src-main/core/scheduler/clock.test.ts'];
    expect(reported.filter((line) => allowed.some((file) => line.startsWith(file)))).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(WRONG.length);
    expect(exitCode).toBe(1);
  });
});
