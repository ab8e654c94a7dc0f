import type { Gate, GateRule, GateVerdict, ITEM_METRICS, MODE_METRICS, RUN_METRICS } from '#shared/contract/gate.ts';
import { GateSchema } from '#shared/contract/gate.ts';
import type { ReportMode, ReportModel } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { gateCheckText } from '#shared/texts/gateCheckText.ts';
import { assertNever } from '#shared/util/assertNever.ts';
import { parseJsonFile } from '#shared/util/parseJsonFile.ts';

type RunMetric = (typeof RUN_METRICS)[number];
type ModeMetric = (typeof MODE_METRICS)[number];
type ItemMetric = (typeof ITEM_METRICS)[number];

/** Figures of one answered file in one mode; null: not measured. */
export interface ItemFigures extends Readonly<Record<ItemMetric, number | null>> {
  readonly fileId: string;
  readonly mode: Mode;
}

/**
 * Reads a rules file; nothing in it is executed.
 * @throws INPUT_INVALID with the place in `detail`
 */
export function parseGate(text: string, path: string): Gate {
  return parseJsonFile(GateSchema, text, path);
}

/** Judges figures by rules. `valid` when every rule of severity `error` holds; what does not hold, and what was not measured, is in `warnings`. */
export function judge(gate: Gate, model: ReportModel, items: Iterable<ItemFigures>): GateVerdict {
  const counters = new Map<GateRule, Map<Mode, ItemCount>>();
  const itemRules = gate.rules.filter((rule) => rule.scope === 'item');
  const modesOfRun = model.modes.map(({ mode }) => mode);
  for (const rule of itemRules) {
    counters.set(
      rule,
      new Map(chosenModes(rule.modes, modesOfRun).map((mode) => [mode, { measured: 0, unmeasured: 0, broken: 0, first: null }])),
    );
  }
  for (const item of items) {
    for (const rule of itemRules) {
      const count = counters.get(rule)?.get(item.mode);
      if (count === undefined) continue;
      const value = item[rule.metric];
      if (value === null) count.unmeasured++;
      else {
        count.measured++;
        if (!holds(rule, value)) {
          count.broken++;
          count.first ??= item.fileId;
        }
      }
    }
  }

  const checks = gate.rules.flatMap((rule): GateVerdict['checks'] => {
    switch (rule.scope) {
      case 'run':
        return [checkOf(rule, null, runFigure(model, rule.metric))];
      case 'mode':
        return chosenModes(rule.modes, modesOfRun).map((mode) => {
          const found = model.modes.find((candidate) => candidate.mode === mode);
          return checkOf(rule, mode, found === undefined ? null : modeFigure(found, rule.metric, model));
        });
      case 'item':
        return [...(counters.get(rule) ?? [])].map(([mode, count]) => itemCheck(rule, mode, count));
      default:
        return assertNever(rule);
    }
  });
  const isTold = (check: GateVerdict['checks'][number]): boolean => !check.passed || check.value === null;
  return {
    name: gate.name,
    valid: checks.every(({ passed, severity }) => passed || severity === 'warning'),
    warnings: checks.filter(isTold).map(({ name, mode, detail }) => `${name}${mode === null ? '' : ` [${mode}]`}: ${detail}`),
    checks,
    judgedAtMs: model.generatedAtMs,
  };
}

interface ItemCount {
  measured: number;
  unmeasured: number;
  broken: number;
  first: string | null;
}

/** A rule that names a mode which did not run is not measured, and so does not hold. */
function chosenModes(wanted: readonly Mode[] | undefined, ofRun: readonly Mode[]): readonly Mode[] {
  return wanted ?? ofRun;
}

function holds({ min, max, expected, tolerance }: GateRule, value: number): boolean {
  if (min !== undefined && value < min) return false;
  if (max !== undefined && value > max) return false;
  // One part in 10¹² for the noise of binary fractions: 0.3 lies within 0.2 ± 0.1.
  const slack = tolerance + 1e-12 * Math.max(1, Math.abs(value));
  return expected === undefined || Math.abs(value - expected) <= slack;
}

type Check = GateVerdict['checks'][number];

/** With its name and its sentence in English, as scripts and older readers know them. */
function told(check: Omit<Check, 'name' | 'detail'>): Check {
  return { ...check, ...gateCheckText({ ...check, name: '', detail: '' }, 'en') };
}

function checkOf(rule: GateRule, mode: Mode | null, value: number | null): Check {
  return told({ severity: rule.severity, mode, value, passed: value === null ? rule.optional : holds(rule, value), rule });
}

function itemCheck(rule: Extract<GateRule, { scope: 'item' }>, mode: Mode, { measured, unmeasured, broken, first }: ItemCount): Check {
  const base = { severity: rule.severity, mode, rule };
  if (measured === 0) return told({ ...base, value: null, passed: rule.optional });
  const isMissing = unmeasured > 0 && !rule.optional;
  return told({ ...base, value: broken, passed: broken <= rule.allowed && !isMissing, files: { measured, unmeasured, first } });
}

function runFigure({ outcome, warnings }: ReportModel, metric: RunMetric): number | null {
  if (metric === 'warnings') return warnings.reduce((sum, { results }) => sum + results, 0);
  return outcome[metric];
}

function modeFigure(mode: ReportMode, metric: ModeMetric, { warnings }: ReportModel): number | null {
  switch (metric) {
    case 'qualityScore':
      return mode.quality?.score ?? null;
    case 'warnings':
      return warnings.reduce((sum, { byMode }) => sum + (byMode[mode.mode] ?? 0), 0);
    case 'rtfP50':
      return mode.rtfs?.p50 ?? null;
    case 'rtfP95':
      return mode.rtfs?.p95 ?? null;
    case 'firstTokenP50Ms':
      return mode.firstTokenMs?.p50 ?? null;
    case 'firstTokenP95Ms':
      return mode.firstTokenMs?.p95 ?? null;
    case 'finalLatencyP50Ms':
      return mode.finalLatencyMs?.p50 ?? null;
    case 'finalLatencyP95Ms':
      return mode.finalLatencyMs?.p95 ?? null;
    case 'processingMeanSec':
      return mode.processingSecs?.mean ?? null;
    default:
      return mode[metric];
  }
}
