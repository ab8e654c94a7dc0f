import type { Gate, GateVerdict } from '#shared/contract/gate.ts';
import type { DiffStep, ReportGroup, ReportMode, ReportModel, RunNotes, WorstFile } from '#shared/contract/reports.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { inModeOrder, type Mode } from '#shared/domain/mode.ts';
import {
  addCounts,
  NO_WORDS,
  normalizerLabel,
  werRatio,
  type AlignmentStep,
  type NormalizerName,
  type WordCounts,
} from '#shared/domain/scores.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { Reading } from '#main/core/resources/readings.ts';
import type { StoredReportItem, StoredReportResult } from '#main/core/persistence/operations/reports.ts';
import { checkResult, type CheckedSegment } from '#main/core/quality/checkResult.ts';
import { DuplicateFinder } from '#main/core/quality/duplicates.ts';
import { judge, type ItemFigures } from '#main/core/quality/gate.ts';
import { qualityScore } from '#main/core/quality/qualityScore.ts';
import { WarningCollector } from '#main/core/quality/warningCollector.ts';
import {
  editsOf,
  headlineOfLanguage,
  headlineOfTexts,
  measurePair,
  poolMetrics,
  ratesOf,
  type PairMetrics,
} from '#main/core/scoring/metrics.ts';
import { alignPair } from '#main/core/scoring/score.ts';
import { BOOTSTRAP_SEED, replicatesFor } from '#main/core/statistics/bootstrap.ts';
import { distributionOf, histogramOf } from './distribution.ts';
import { ModeComparisons, werInterval, type ScoredPair } from './modeComparison.ts';
import { isScoredAsNow, storedNormalizerOf } from './storedNormalizer.ts';
import { ResourceFigures } from './resourceFigures.ts';
import { speakerOf, topFolderOf } from './speaker.ts';

const MAX_WORST = 20;
const WORST_DIFF_STEPS = 160;
const MAX_FAILURE_EXAMPLES = 20;
const MAX_TOP_ERRORS = 10;
/** References looked at for their script; a whole night need not be read for that. */
const HEADLINE_SAMPLE = 200;

/** What a report knows besides the inputs and readings. */
export interface ReportFacts {
  readonly generatedAtMs: number;
  readonly environment: Omit<ReportModel['environment'], 'gpus'>;
  readonly run: RunSummary;
  readonly modelName: string | null;
  readonly notes: RunNotes | null;
  readonly verdict: GateVerdict | null;
  readonly clusterBySpeaker: boolean;
  /** Another rule than the run's own: everything is counted anew from the texts. null: the stored figures of the run. */
  readonly rescoredWith: NormalizerName | null;
}

/** What was found out about one input in one mode, for whoever writes it out. */
export interface MeasuredResult {
  readonly item: StoredReportItem;
  readonly result: StoredReportResult;
  readonly segments: readonly CheckedSegment[];
  readonly metrics: PairMetrics | null;
  readonly counts: WordCounts | null;
  /** Reference against hypothesis after normalisation; empty where there is nothing to compare. */
  readonly steps: readonly AlignmentStep[];
  readonly warnings: readonly string[];
}

interface ModeData {
  files: number;
  done: number;
  failed: number;
  cancelled: number;
  doneEarlier: number;
  recovered: number;
  flagged: number;
  audioSec: number;
  processingSec: number;
  answered: WordCounts;
  answeredScored: number;
  counts: WordCounts;
  readonly pairs: PairMetrics[];
  readonly words: number[];
  readonly errors: number[];
  readonly clusters: number[];
  readonly rtfs: number[];
  readonly processingSecs: number[];
  readonly decodeSecs: number[];
  readonly endToEndSecs: number[];
  readonly stages: { decodeSec: number; processingSec: number; endToEndSec: number }[];
  readonly firstTokenMs: number[];
  readonly finalLatencyMs: number[];
  readonly substitutions: Map<string, number>;
  readonly deletions: Map<string, number>;
  readonly insertions: Map<string, number>;
}

function newModeData(): ModeData {
  return {
    files: 0,
    done: 0,
    failed: 0,
    cancelled: 0,
    doneEarlier: 0,
    recovered: 0,
    flagged: 0,
    audioSec: 0,
    processingSec: 0,
    answered: NO_WORDS,
    answeredScored: 0,
    counts: NO_WORDS,
    pairs: [],
    words: [],
    errors: [],
    clusters: [],
    rtfs: [],
    processingSecs: [],
    decodeSecs: [],
    endToEndSecs: [],
    stages: [],
    firstTokenMs: [],
    finalLatencyMs: [],
    substitutions: new Map(),
    deletions: new Map(),
    insertions: new Map(),
  };
}

type Group = Map<Mode, { files: number; failed: number; scored: number; counts: WordCounts }>;

interface Failure {
  readonly byMode: Map<Mode, number>;
  readonly files: Map<string, { modes: Mode[]; readonly detail: string | null }>;
}

/**
 * The model of a report from rows, page by page: the same rows give the same model. Holds figures and no texts, so that a night of any size fits. Works in the
 * caller's thread; `reportThread.ts` is where the product runs it.
 */
export class ReportBuilder {
  readonly #facts: ReportFacts;
  readonly #modes: readonly Mode[];
  readonly #isScoredAsNow: boolean;
  readonly #data = new Map<Mode, ModeData>();
  readonly #comparisons: ModeComparisons;
  readonly #folders = new Map<string, Group>();
  readonly #speakers = new Map<string, Group>();
  readonly #clusterOf = new Map<string, number>();
  #clusters = 0;
  readonly #warnings = new WarningCollector();
  readonly #duplicates = new DuplicateFinder();
  readonly #failures = new Map<ErrorCode, Failure>();
  readonly #worst: WorstFile[] = [];
  readonly #resources = new ResourceFigures();
  readonly #gpuNames = new Map<number, string>();
  readonly #headlineTexts: string[] = [];
  readonly #figures: ItemFigures[] = [];

  constructor(facts: ReportFacts) {
    this.#facts = facts;
    this.#modes = inModeOrder(facts.run.options.modes);
    this.#isScoredAsNow = facts.rescoredWith !== null || isScoredAsNow(facts.run);
    for (const mode of this.#modes) this.#data.set(mode, newModeData());
    this.#comparisons = new ModeComparisons(this.#modes, facts.clusterBySpeaker);
  }

  /** @returns what was measured, in the order of the items and modes */
  addItem(item: StoredReportItem): MeasuredResult[] {
    const cluster = this.#cluster(item.fileId);
    if (item.reference !== null && this.#headlineTexts.length < HEADLINE_SAMPLE) this.#headlineTexts.push(item.reference);
    const scored: ScoredPair[] = [];
    const measured = item.results
      .filter(({ mode }) => this.#data.has(mode))
      .map((result) => {
        const found = this.#measure(item, result);
        // Tests need errors and steps of one rule: of stored counts that are of an older version there are no steps any more.
        const counts = this.#isScoredAsNow ? found.counts : (found.metrics?.words ?? null);
        if (counts !== null) scored.push({ mode: result.mode, counts, steps: found.steps });
        this.#addResult(found, cluster);
        return found;
      });
    this.#comparisons.addItem(scored, cluster);
    this.#considerWorst(item.fileId, scored);
    return measured;
  }

  addReading(reading: Reading): void {
    this.#resources.add(reading);
    for (const { index, name } of reading.mean.gpus) this.#gpuNames.set(index, name);
  }

  /** @param gate judged on the finished figures; the verdict is then part of the model */
  finish(gate: Gate | null = null): ReportModel {
    const { run, environment, generatedAtMs, modelName, notes, verdict, clusterBySpeaker, rescoredWith } = this.#facts;
    const ownNormalizer = storedNormalizerOf(run);
    // One scale for all modes, so that their pictures can be compared.
    const rtfMax = Math.max(0, ...[...this.#data.values()].map(({ rtfs }) => distributionOf(rtfs)?.p99 ?? 0));
    const modes = this.#modes.map((mode) => this.#finishMode(mode, rtfMax));
    const sum = (pick: (mode: ReportMode) => number): number => modes.reduce((total, mode) => total + pick(mode), 0);
    const done = sum((mode) => mode.done);
    const failed = sum((mode) => mode.failed);
    const doneEarlier = sum((mode) => mode.doneEarlier);
    const elapsedSec = run.startedAtMs === null ? null : Math.max(0, (run.endedAtMs ?? generatedAtMs) - run.startedAtMs) / 1_000;
    const endToEnd = [...this.#data.values()].flatMap(({ endToEndSecs }) => endToEndSecs);
    const isPaced = run.options.pacing === 'realTime';
    const files = Math.max(0, ...modes.map(({ scored }) => scored));
    const model: ReportModel = {
      schemaVersion: 1,
      generatedAtMs,
      environment: { ...environment, gpus: [...this.#gpuNames].toSorted(([left], [right]) => left - right).map(([, name]) => name) },
      run: {
        id: run.id,
        name: run.name,
        status: run.status,
        sources: run.sources,
        modelName,
        normalizer: rescoredWith === null ? ownNormalizer : normalizerLabel(rescoredWith),
        ownNormalizer: rescoredWith === null || !run.options.calculateWer ? null : ownNormalizer,
        newerNormalizer: this.#isScoredAsNow ? null : normalizerLabel(run.options.normalizer),
        createdAtMs: run.createdAtMs,
        startedAtMs: run.startedAtMs,
        endedAtMs: run.endedAtMs,
        itemCount: run.itemCount,
        audioSec: run.audioSec,
        withReferenceCount: run.withReferenceCount,
        unusableCount: run.unusableCount,
        problems: run.problems,
        problemCount: run.problemCount,
        options: run.options,
        error: run.error,
      },
      outcome: {
        total: sum((mode) => mode.files),
        done,
        failed,
        cancelled: sum((mode) => mode.cancelled),
        notReached: sum((mode) => mode.notReached),
        doneEarlier,
        recovered: sum((mode) => mode.recovered),
        successRatio: done + failed === 0 ? null : done / (done + failed),
        failureRatio: done + failed === 0 ? null : failed / (done + failed),
        elapsedSec,
        filesPerHour: isPaced || elapsedSec === null || elapsedSec === 0 ? null : ((done - doneEarlier) / elapsedSec) * 3_600,
        meanEndToEndSec: endToEnd.length === 0 ? null : endToEnd.reduce((total, value) => total + value, 0) / endToEnd.length,
        memoryPeakMb: run.memoryPeakMb,
        cpuPeakPercent: run.cpuPeakPercent,
      },
      headline: run.options.language === null ? headlineOfTexts(this.#headlineTexts) : headlineOfLanguage(run.options.language),
      modes,
      comparisons: this.#comparisons.finish(),
      intervals: { replicates: replicatesFor(files), seed: BOOTSTRAP_SEED, clusteredBySpeaker: clusterBySpeaker },
      folders: groupsOf(this.#folders, this.#modes),
      speakers: groupsOf(this.#speakers, this.#modes),
      worstFiles: this.#worst,
      failures: [...this.#failures]
        .map(([code, { byMode, files: failedFiles }]) => ({
          code,
          results: [...byMode.values()].reduce((total, count) => total + count, 0),
          byMode: Object.fromEntries(byMode),
          examples: [...failedFiles]
            .slice(0, MAX_FAILURE_EXAMPLES)
            .map(([fileId, { modes: failedModes, detail }]) => ({ fileId, modes: inModeOrder(failedModes), detail })),
        }))
        .toSorted((left, right) => right.results - left.results || (left.code < right.code ? -1 : 1)),
      warnings: this.#warnings.warnings(),
      resources: this.#resources.finish(),
      notes,
      // A verdict is about the figures of the run itself.
      gate: rescoredWith === null ? verdict : null,
    };
    return gate === null ? model : { ...model, gate: judge(gate, model, this.#figures) };
  }

  #cluster(fileId: string): number {
    const speaker = speakerOf(fileId);
    const known = speaker === null ? undefined : this.#clusterOf.get(speaker);
    if (known !== undefined) return known;
    const cluster = this.#clusters++;
    if (speaker !== null) this.#clusterOf.set(speaker, cluster);
    return cluster;
  }

  #measure(item: StoredReportItem, result: StoredReportResult): MeasuredResult {
    const { calculateWer, language } = this.#facts.run.options;
    const { rescoredWith } = this.#facts;
    const normalizer = rescoredWith ?? this.#facts.run.options.normalizer;
    const { answer, mode } = result;
    const isAnswered = outcomeOf(result) === 'done' && answer !== null;
    const isCompared = (calculateWer || rescoredWith !== null) && item.reference !== null && (isAnswered || outcomeOf(result) === 'failed');
    const hypothesis = isAnswered ? answer.hypothesis : null;
    const metrics = isCompared && item.reference !== null ? measurePair(item.reference, hypothesis, normalizer) : null;
    const steps = isCompared && item.reference !== null ? alignPair(item.reference, hypothesis, normalizer) : [];
    const segments = isAnswered ? (JSON.parse(answer.segmentsJson) as CheckedSegment[]) : [];
    const findings = isAnswered
      ? [
          ...checkResult({
            hypothesis: answer.hypothesis,
            reference: item.reference,
            segments,
            audioSec: answer.decodedSec,
            wantedLanguage: language,
            heardLanguage: answer.language,
            isPartial: answer.warningCode === 'AUDIO_PARTIAL',
          }),
          ...this.#duplicates.add({
            fileId: item.fileId,
            mode,
            sha256: item.sha256,
            hypothesis: answer.hypothesis,
            reference: item.reference,
          }),
        ]
      : [];
    this.#warnings.add(item.fileId, mode, findings);
    // The stored counts are the run's own figures; only where there are none are they counted here.
    const own = rescoredWith === null ? result.counts : null;
    const counts = isCompared ? (own ?? metrics?.words ?? null) : null;
    return { item, result, segments, metrics, counts, steps, warnings: findings.map(({ kind }) => kind) };
  }

  #addResult({ item, result, metrics, counts, steps, warnings }: MeasuredResult, cluster: number): void {
    const data = this.#data.get(result.mode);
    if (data === undefined) return;
    const outcome = outcomeOf(result);
    const { answer, processingSec, firstTokenLatencyMs, endToEndSec, mode } = result;
    const rtf = answer !== null && processingSec !== null && answer.decodedSec > 0 ? processingSec / answer.decodedSec : null;
    data.files++;
    if (outcome === 'failed') {
      data.failed++;
      this.#addFailure(item.fileId, result);
    } else if (outcome === 'cancelled') data.cancelled++;
    else if (outcome === 'done') {
      data.done++;
      if (result.doneEarlier) data.doneEarlier++;
      else if (result.failedAttempts > 0) data.recovered++;
      if (warnings.length > 0) data.flagged++;
      if (answer !== null && processingSec !== null) {
        data.audioSec += answer.decodedSec;
        data.processingSec += processingSec;
        data.processingSecs.push(processingSec);
        if (rtf !== null) data.rtfs.push(rtf);
        if (this.#facts.run.options.pacing === 'realTime') data.finalLatencyMs.push(Math.max(0, processingSec - answer.decodedSec) * 1_000);
      }
      if (answer !== null && answer.decodeSec !== null) data.decodeSecs.push(answer.decodeSec);
      if (endToEndSec !== null && !result.doneEarlier) {
        data.endToEndSecs.push(endToEndSec);
        const decodeSec = answer?.decodeSec ?? null;
        if (decodeSec !== null && processingSec !== null) data.stages.push({ decodeSec, processingSec, endToEndSec });
      }
      // The whole file is sent before the original mode answers: its first word is its last.
      if (firstTokenLatencyMs !== null && mode !== 'original') data.firstTokenMs.push(firstTokenLatencyMs);
      this.#figures.push({
        fileId: item.fileId,
        mode,
        werRatio: counts === null ? null : werRatio(counts),
        rtf,
        audioSec: answer?.decodedSec ?? null,
        processingSec,
        firstTokenMs: firstTokenLatencyMs,
        hypothesisWords: answer === null ? null : answer.hypothesis.split(/\s+/u).filter((word) => word !== '').length,
        attempts: result.attempts,
        warnings: warnings.length,
      });
    }
    if (counts !== null && metrics !== null) {
      data.counts = addCounts(data.counts, counts);
      data.pairs.push({ ...metrics, words: counts });
      data.words.push(counts.referenceWords);
      data.errors.push(editsOf(counts));
      data.clusters.push(cluster);
      if (outcome === 'done') {
        data.answered = addCounts(data.answered, counts);
        data.answeredScored++;
        countErrors(data, steps);
      }
    }
    addToGroup(this.#folders, topFolderOf(item.fileId), mode, outcome === 'failed', counts);
    const speaker = speakerOf(item.fileId);
    if (speaker !== null) addToGroup(this.#speakers, speaker, mode, outcome === 'failed', counts);
  }

  #addFailure(fileId: string, { mode, errorCode, errorData }: StoredReportResult): void {
    const code = errorCode ?? 'INTERNAL';
    const failure = this.#failures.get(code) ?? { byMode: new Map(), files: new Map() };
    this.#failures.set(code, failure);
    failure.byMode.set(mode, (failure.byMode.get(mode) ?? 0) + 1);
    const detail = errorData['detail'];
    const file = failure.files.get(fileId) ?? { modes: [], detail: typeof detail === 'string' ? detail : null };
    failure.files.set(fileId, file);
    file.modes.push(mode);
  }

  #considerWorst(fileId: string, scored: readonly ScoredPair[]): void {
    let worst: { readonly pair: ScoredPair; readonly rate: number } | null = null;
    for (const pair of scored) {
      const rate = rankOf(pair.counts);
      if (rate > (worst?.rate ?? 0)) worst = { pair, rate };
    }
    if (worst === null) return;
    const { counts: worstCounts } = worst.pair;
    const errors = editsOf(worstCounts);
    const { rate } = worst;
    const isWorseThan = (other: WorstFile): boolean => ((other.werRatio ?? other.errors) - rate || other.errors - errors) < 0;
    const last = this.#worst.at(-1);
    if (this.#worst.length >= MAX_WORST && last !== undefined && !isWorseThan(last)) return;
    const place = this.#worst.findIndex(isWorseThan);
    this.#worst.splice(place === -1 ? this.#worst.length : place, 0, {
      fileId,
      mode: worst.pair.mode,
      werRatio: werRatio(worstCounts),
      errors,
      referenceWords: worstCounts.referenceWords,
      byMode: Object.fromEntries(scored.map(({ mode, counts }) => [mode, werRatio(counts)])),
      diff: worst.pair.steps.slice(0, WORST_DIFF_STEPS).map(toDiffStep),
      isDiffCut: worst.pair.steps.length > WORST_DIFF_STEPS,
    });
    if (this.#worst.length > MAX_WORST) this.#worst.pop();
  }

  #finishMode(mode: Mode, rtfMax: number): ReportMode {
    const data = this.#data.get(mode) ?? newModeData();
    const progress = this.#facts.run.modes.find((candidate) => candidate.mode === mode);
    const { files, done, failed, cancelled, doneEarlier, recovered, flagged, audioSec, processingSec } = data;
    const isScored = data.pairs.length > 0;
    const corpus = isScored ? poolMetrics(data.pairs) : null;
    const rates = corpus === null ? null : ratesOf(corpus.pooled);
    const wer = werRatio(data.counts);
    const interval = isScored ? werInterval(data.words, data.errors, this.#facts.clusterBySpeaker ? data.clusters : null) : null;
    const rtfs = distributionOf(data.rtfs);
    const histogram = histogramOf(data.rtfs, rtfMax);
    return {
      mode,
      files,
      done,
      failed,
      cancelled,
      notReached: files - done - failed - cancelled,
      doneEarlier,
      recovered,
      successRatio: done + failed === 0 ? null : done / (done + failed),
      scored: data.pairs.length,
      scoredFailed: data.pairs.length - data.answeredScored,
      counts: isScored ? data.counts : null,
      werRatio: wer,
      werInterval: interval === null ? null : [interval[0], interval[1]],
      cerRatio: rates?.cer ?? null,
      cerNoSpacesRatio: rates?.cerNoSpaces ?? null,
      merRatio: rates?.mer ?? null,
      wilRatio: rates?.wil ?? null,
      sentenceErrorRatio: corpus?.sentenceErrorRate ?? null,
      meanOfFileWers: corpus?.meanOfPairWers ?? null,
      averageAccuracy: wer === null ? null : 1 - wer,
      quality: qualityScore({ done, failed, flagged, answeredWer: data.answeredScored === 0 ? null : werRatio(data.answered) }),
      flagged,
      audioSec,
      processingSec,
      rtf: audioSec > 0 ? processingSec / audioSec : null,
      rtfs,
      processingSecs: distributionOf(data.processingSecs),
      decodeSecs: distributionOf(data.decodeSecs),
      endToEndSecs: distributionOf(data.endToEndSecs),
      firstTokenMs: distributionOf(data.firstTokenMs),
      finalLatencyMs: distributionOf(data.finalLatencyMs),
      stageSecs: stagesOf(data.stages),
      rtfHistogram: histogram.counts,
      rtfHistogramMax: histogram.max,
      topSubstitutions: topOf(data.substitutions),
      topDeletions: topOf(data.deletions),
      topInsertions: topOf(data.insertions),
      startedAtMs: progress?.startedAtMs ?? null,
      endedAtMs: progress?.endedAtMs ?? null,
      error: progress?.error ?? null,
    };
  }
}

/** As results.json has it: a result of an earlier run is done. */
export function outcomeOf({ status, doneEarlier }: StoredReportResult): 'done' | 'failed' | 'cancelled' | 'open' {
  if (status === 'done' || (status === 'skipped' && doneEarlier)) return 'done';
  if (status === 'failed' || status === 'cancelled') return status;
  return 'open';
}

/** Clocks of two processes: a part that comes out below nothing is nothing. */
function stagesOf(stages: ModeData['stages']): ReportMode['stageSecs'] {
  if (stages.length === 0) return null;
  const mean = (pick: (stage: ModeData['stages'][number]) => number): number =>
    stages.reduce((sum, stage) => sum + pick(stage), 0) / stages.length;
  return {
    count: stages.length,
    serverDecoding: mean(({ decodeSec }) => decodeSec),
    sendingAndWaiting: mean(({ decodeSec, processingSec }) => Math.max(0, processingSec - decodeSec)),
    fileAndStorage: mean(({ processingSec, endToEndSec }) => Math.max(0, endToEndSec - processingSec)),
  };
}

/** How bad a result is: its rate, and its errors where there are no reference words that could give one. */
function rankOf(counts: WordCounts): number {
  return werRatio(counts) ?? editsOf(counts);
}

function toDiffStep(step: AlignmentStep): DiffStep {
  return {
    op: step.op,
    reference: step.op === 'insertion' ? null : step.reference,
    hypothesis: step.op === 'deletion' ? null : step.hypothesis,
  };
}

function countErrors(data: ModeData, steps: readonly AlignmentStep[]): void {
  const count = (map: Map<string, number>, key: string): void => {
    map.set(key, (map.get(key) ?? 0) + 1);
  };
  for (const step of steps) {
    // Words hold no white space, so that a tab can stand between two of them.
    if (step.op === 'substitution') count(data.substitutions, `${step.reference}\t${step.hypothesis}`);
    else if (step.op === 'deletion') count(data.deletions, `${step.reference}\t`);
    else if (step.op === 'insertion') count(data.insertions, `\t${step.hypothesis}`);
  }
}

function topOf(counts: ReadonlyMap<string, number>): ReportMode['topSubstitutions'] {
  return [...counts]
    .toSorted(([leftKey, left], [rightKey, right]) => right - left || (leftKey < rightKey ? -1 : 1))
    .slice(0, MAX_TOP_ERRORS)
    .map(([key, count]) => {
      const [reference = '', hypothesis = ''] = key.split('\t');
      return { reference, hypothesis, count };
    });
}

function addToGroup(groups: Map<string, Group>, name: string, mode: Mode, isFailed: boolean, counts: WordCounts | null): void {
  const group: Group = groups.get(name) ?? new Map();
  groups.set(name, group);
  const cell = group.get(mode) ?? { files: 0, failed: 0, scored: 0, counts: NO_WORDS };
  group.set(mode, cell);
  cell.files++;
  if (isFailed) cell.failed++;
  if (counts === null) return;
  cell.scored++;
  cell.counts = addCounts(cell.counts, counts);
}

function groupsOf(groups: ReadonlyMap<string, Group>, modes: readonly Mode[]): ReportGroup[] {
  return [...groups]
    .toSorted(([left], [right]) => left.localeCompare(right, 'en', { numeric: true }))
    .map(([name, group]) => ({
      name,
      cells: modes.flatMap((mode) => {
        const cell = group.get(mode);
        if (cell === undefined) return [];
        const { files, failed, scored, counts } = cell;
        return [{ mode, files, failed, counts: scored === 0 ? null : counts, werRatio: scored === 0 ? null : werRatio(counts) }];
      }),
    }));
}
