import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, toolPath } from './paths.mjs';
import { plantTree } from '#main/testing/plantedTree.ts';

interface Cruise {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

/** Runs the real layer check over the given files, the way `npm run check` does. */
function cruise(files: Readonly<Record<string, string>>): { exitCode: number | null; count: number; reported: string[] } {
  using tree = plantTree(files);
  const args = [toolPath(ROOT, 'dependency-cruiser', 'depcruise'), '--output-type', 'json', 'src-main', 'src-shared', 'src-renderer'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: tree.path, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser said: ${stdout}${stderr}`);
  const { summary } = JSON.parse(stdout) as Cruise;
  // The json reporter always ends with 0; the err reporter of `npm run check` ends with the number of violations.
  return { exitCode: status, count: summary.totalCruised, reported: summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`) };
}

const GOOD = {
  'src-shared/domain/mode.ts': 'export const MODES = [1];',
  'src-shared/contract/client.ts':
    'import { z } from "zod"; import { MODES } from "#shared/domain/mode.ts"; export const s = z.literal(MODES); export type S = 1;',
  'src-main/core/ports.ts': 'export interface Clock { nowMs(): number }',
  'src-main/core/runtime.ts':
    'import "#main/core/scheduler/scheduler.ts"; import "node:path"; import "./persistence/database.ts"; export const r = 1;',
  'src-main/core/scheduler/scheduler.ts': 'import type { Clock } from "../ports.ts"; export type C = Clock;',
  'src-main/core/persistence/database.ts': 'import Database from "better-sqlite3"; export const open = () => new Database("x");',
  'src-main/core/persistence/database.test.ts': 'import "vitest"; import "./database.ts"; import "node:child_process";',
  'src-main/platform/clock.ts': 'import type { Clock } from "#main/core/ports.ts"; import "node:child_process"; export type C = Clock;',
  'src-main/programs/asrServer/main.ts': 'import "sherpa-onnx-node"; import "ws";',
  'src-main/programs/decoder/main.ts': 'await import("node-av"); import "node:child_process";',
  'src-main/hosts/openOwner.ts': 'import "#main/core/runtime.ts"; import "#main/platform/clock.ts"; export const o = 1;',
  'src-main/hosts/cli/main.ts': 'import "../openOwner.ts"; import "commander";',
  'src-main/hosts/serve/main.ts': 'import "../openOwner.ts"; import "node:http"; import "ws"; export const serve = 1;',
  'src-main/hosts/electron/main.ts': 'import { app } from "electron"; import "../openOwner.ts"; export const a = app;',
  'src-main/hosts/electron/preload.ts':
    'import { ipcRenderer } from "electron"; import type { S } from "#shared/contract/client.ts"; export const p: [unknown, S] = [ipcRenderer, 1];',
  'src-main/bootstrap/start.mjs': 'import "node:fs"; import "./child.mjs";',
  'src-main/bootstrap/child.mjs': 'export const c = 1;',
  'src-renderer/main.tsx': 'import "react"; import { MODES } from "#shared/domain/mode.ts"; export const m = MODES;',
};

/** One wrong import each, with the rule that has to report it. */
const WRONG: readonly [rule: string, file: string, text: string][] = [
  ['renderer-imports-only-shared', 'src-renderer/wrong.ts', 'import "#main/core/runtime.ts";'],
  [
    'renderer-imports-only-shared',
    'src-renderer/wrong.ts',
    'import "../src-main/core/ports.ts"; import type { Clock } from "../src-main/core/ports.ts"; export type C = Clock;',
  ],
  ['renderer-imports-only-shared', 'src-renderer/wrong.ts', 'import "better-sqlite3";'],
  ['renderer-has-no-node', 'src-renderer/wrong.ts', 'import "node:fs";'],
  ['shared-imports-only-zod', 'src-shared/wrong.ts', 'import "node:fs";'],
  ['shared-imports-only-zod', 'src-shared/wrong.ts', 'import "react";'],
  ['shared-imports-only-zod', 'src-shared/wrong.ts', 'import type { Clock } from "#main/core/ports.ts"; export type C = Clock;'],
  ['door-electron', 'src-main/core/wrong.ts', 'import { app } from "electron"; export const a = app;'],
  ['core-imports-only-core', 'src-main/core/wrong.ts', 'import { app } from "electron"; export const a = app;'],
  ['core-imports-only-core', 'src-main/core/wrong.ts', 'import "#main/platform/clock.ts";'],
  ['core-imports-only-core', 'src-main/core/wrong.ts', 'import type { C } from "../platform/clock.ts"; export type D = C;'],
  ['core-imports-only-core', 'src-main/core/wrong.ts', 'import "../hosts/openOwner.ts";'],
  ['core-imports-only-core', 'src-main/core/wrong.ts', 'import "commander";'],
  ['core-opens-no-doors', 'src-main/core/wrong.ts', 'import "node:child_process";'],
  ['core-opens-no-doors', 'src-main/core/wrong.ts', 'const http = await import("node:http"); export const h = http;'],
  ['core-lower-knows-no-upper', 'src-main/core/scoring/wrong.ts', 'import "../scheduler/scheduler.ts";'],
  ['platform-implements-ports', 'src-main/platform/wrong.ts', 'import "../core/persistence/database.ts";'],
  ['platform-implements-ports', 'src-main/platform/wrong.ts', 'import "../hosts/openOwner.ts";'],
  ['programs-stand-alone', 'src-main/programs/decoder/wrong.ts', 'import "#main/core/runtime.ts";'],
  ['hosts-do-not-import-each-other', 'src-main/hosts/electron/wrong.ts', 'import "../serve/main.ts";'],
  ['hosts-see-no-panel-code', 'src-main/hosts/serve/wrong.ts', 'import "../../../src-renderer/main.tsx";'],
  [
    'preload-imports-only-types',
    'src-main/hosts/electron/preload.ts',
    'import { s } from "#shared/contract/client.ts"; export const p = s;',
  ],
  ['bootstrap-needs-nothing', 'src-main/bootstrap/wrong.mjs', 'import "zod";'],
  ['no-test-code-in-products', 'src-main/hosts/wrong.ts', 'import "../core/persistence/database.test.ts";'],
  ['door-sqlite', 'src-main/hosts/serve/wrong.ts', 'import Database from "better-sqlite3"; export const d = Database;'],
  ['door-sherpa', 'src-main/core/servers/wrong.ts', 'import "sherpa-onnx-node";'],
  ['door-node-av', 'src-main/core/media/wrong.ts', 'await import("node-av");'],
  ['door-child-process', 'src-main/hosts/cli/wrong.ts', 'import { spawn } from "node:child_process"; export const s = spawn;'],
  ['no-unresolvable', 'src-main/core/wrong.ts', 'import "./nowhere.ts";'],
  ['no-dev-dependencies-in-products', 'src-main/hosts/cli/wrong.ts', 'import "vite";'],
];

describe('layers', () => {
  it('looks at the files at all, and finds nothing wrong with right imports', () => {
    const { count, reported } = cruise(GOOD);
    expect(reported).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(Object.keys(GOOD).length);
  });

  it('reports every planted wrong import by its rule', () => {
    // Each wrong file gets a name of its own, so that one run sees all of them.
    const planted = WRONG.map(([rule, file, text], index) => ({ rule, file: file.replace('wrong', `wrong${index}`), text }));
    const preload = 'src-main/hosts/electron/preload.ts';
    const files = Object.fromEntries(planted.map(({ file, text }) => [file, text]));
    const { reported } = cruise({ ...GOOD, ...files });
    const missed = planted
      .filter(({ file, rule }) => !reported.includes(`${file}: ${rule}`))
      .map(({ file, rule, text }) => ({ file, rule, text }));
    expect(missed).toEqual([]);
    const wrongFiles = new Set([...planted.map(({ file }) => file), preload]);
    expect(reported.filter((line) => !wrongFiles.has(line.slice(0, line.indexOf(': '))))).toEqual([]);
  });

  it('reports two modules that import each other', () => {
    const { reported } = cruise({
      'src-main/core/first.ts': 'import "./second.ts"; export const a = 1;',
      'src-main/core/second.ts': 'import "./first.ts"; export const b = 1;',
      'src-shared/x.ts': 'export const x = 1;',
      'src-renderer/x.ts': 'export const x = 1;',
    });
    // One cycle is one report, from whichever side the walk came.
    expect(reported).toEqual([expect.stringMatching(/^src-main\/core\/(first|second)\.ts: no-circular$/)]);
  });

  it('ends with a failure, as npm run check needs it', () => {
    using tree = plantTree({ ...GOOD, 'src-renderer/wrong.ts': 'import "#main/core/runtime.ts";' });
    const args = [toolPath(ROOT, 'dependency-cruiser', 'depcruise'), '--output-type', 'err-long', 'src-main', 'src-shared', 'src-renderer'];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: tree.path, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stdout).toContain('renderer-imports-only-shared');
    expect(stdout).toContain(join('src-renderer', 'wrong.ts'));
  });
});
