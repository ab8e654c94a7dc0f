import type { DiffStep, Distribution, ReportGroup, ReportMode, ReportModel } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { errorText, type MessageLocale } from '#shared/errors/messages.ts';
import { plainDetail } from '#shared/errors/systemErrors.ts';
import { findingText } from '#shared/texts/findingText.ts';
import { gateCheckText } from '#shared/texts/gateCheckText.ts';
import { createReportFormat, DASH, type ReportFormat } from '../reportFormat.ts';
import { reportTexts, type ReportTexts } from '../reportTexts.ts';
import { barChart, histogramChart, rateChart, timeChart } from './charts.ts';
import { Markup, markup } from './markup.ts';
import { REPORT_STYLE } from './reportStyle.ts';
import { bottlenecks, evidenceText, formulaOf, notesLines, optionsText, SHOWN_ROWS, stageRows, verdictSentence } from './verdicts.ts';

interface Page {
  readonly model: ReportModel;
  readonly language: MessageLocale;
  readonly texts: ReportTexts;
  readonly format: ReportFormat;
}

/** The whole report as one page that needs nothing else: no script, no request, pictures inside. */
export function reportHtml(model: ReportModel, language: MessageLocale): string {
  const page = pageOf(model, language);
  const { texts } = page;
  return documentOf(page, [
    outcomeSection(page),
    gateSection(page),
    modesSection(page),
    stagesSection(page),
    latencySection(page),
    failuresSection(page),
    warningsSection(page),
    worstSection(page),
    groupsSection(page, texts.sections.folders, texts.columns.folder, model.folders),
    groupsSection(page, texts.sections.speakers, texts.columns.speaker, model.speakers),
    errorsSection(page),
    resourcesSection(page),
    notesSection(page),
    detailsSection(page),
    readingSection(page),
  ]);
}

/** What one looks at in the morning and nothing else (S2.12): outcome and time, causes of failures, quality of each mode. */
export function briefHtml(model: ReportModel, language: MessageLocale): string {
  const page = pageOf(model, language);
  return documentOf(page, [outcomeSection(page), qualitySection(page), failuresSection(page)]);
}

function pageOf(model: ReportModel, language: MessageLocale): Page {
  return { model, language, texts: reportTexts(language), format: createReportFormat(language) };
}

function documentOf(page: Page, sections: readonly (Markup | null)[]): string {
  const { model, texts } = page;
  const body = markup`<header>${header(page)}</header><main>${sections}</main>`;
  // Nothing may be loaded or run, whatever a file name or a note says.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
  return markup`<!doctype html>
<html lang="${texts.htmlLang}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="generator" content="Nightshift ${model.environment.nightshiftVersion}">
<title>${model.run.name} · Nightshift</title><style>${new Markup(REPORT_STYLE)}</style></head><body>${body}</body></html>
`.text;
}

function header({ model, texts, format }: Page): Markup {
  const { run } = model;
  const facts = [
    `${texts.run} ${run.id}`,
    texts.status[run.status],
    texts.fileCount(format.whole(run.itemCount)),
    texts.audioLength(format.seconds(run.audioSec)),
    ...(run.modelName === null ? [] : [`${texts.details.model} ${run.modelName}`]),
    texts.pacing[run.options.pacing],
    `${texts.details.normalizer} ${run.normalizer}`,
  ];
  return markup`<p class="brand">Nightshift · ${texts.report}</p><h1>${run.name}</h1>
<p class="sub">${facts.join(' · ')}</p><p class="sub">${format.time(run.startedAtMs)} → ${format.time(run.endedAtMs)} · ${texts.generated} ${format.time(model.generatedAtMs)}</p>${run.newerNormalizer === null ? null : markup`<p class="sub">${texts.details.olderRule(run.normalizer, run.newerNormalizer)}</p>`}`;
}

function section(title: string, content: Markup | readonly (Markup | null)[], kind = ''): Markup {
  return markup`<section class="${kind}"><h2>${title}</h2>${content}</section>`;
}

function tile(label: string, value: string, note: string | null = null, tone = ''): Markup {
  return markup`<div class="tile ${tone}"><span>${label}</span><b>${value}</b>${note === null ? null : markup`<i>${note}</i>`}</div>`;
}

function outcomeSection({ model, texts, format, language }: Page): Markup {
  const { outcome, resources, modes, gate } = model;
  const answered = outcome.done + outcome.failed;
  const gpuMeans = resources.gpus.flatMap(({ utilizationPercent }) => utilizationPercent?.mean ?? []);
  const gpuMean = gpuMeans.length === 0 ? null : gpuMeans.reduce((sum, value) => sum + value, 0) / gpuMeans.length;
  const flagged = modes.reduce((sum, mode) => sum + mode.flagged, 0);
  const tiles = [
    tile(
      texts.outcome.successRate,
      format.percent(outcome.successRatio, 1),
      answered === 0 ? null : `${format.whole(outcome.done)} / ${format.whole(answered)}`,
      outcome.failed > 0 ? 'warn' : answered > 0 ? 'good' : '',
    ),
    tile(
      texts.outcome.failed,
      format.whole(outcome.failed),
      `${texts.outcome.failureRate} ${format.percent(outcome.failureRatio, 1)}`,
      outcome.failed > 0 ? 'bad' : '',
    ),
    tile(texts.outcome.meanEndToEnd, format.seconds(outcome.meanEndToEndSec)),
    tile(
      texts.outcome.elapsed,
      format.seconds(outcome.elapsedSec),
      outcome.filesPerHour === null ? null : texts.outcome.perHour(format.whole(outcome.filesPerHour)),
    ),
    tile(texts.outcome.warnings, format.whole(flagged), null, flagged > 0 ? 'warn' : ''),
    tile(texts.outcome.recovered, format.whole(outcome.recovered)),
    tile(texts.outcome.memoryPeak, outcome.memoryPeakMb === 0 ? DASH : format.megabytes(outcome.memoryPeakMb)),
    tile(
      texts.outcome.cpuPeak,
      outcome.cpuPeakPercent === 0 ? DASH : format.percentage(outcome.cpuPeakPercent),
      gpuMean === null ? null : `${texts.outcome.gpuMean} ${format.percentage(gpuMean)}`,
    ),
  ];
  const counts = [
    [texts.outcome.total, outcome.total],
    [texts.outcome.done, outcome.done],
    [texts.outcome.failed, outcome.failed],
    [texts.outcome.cancelled, outcome.cancelled],
    [texts.outcome.notReached, outcome.notReached],
    [texts.outcome.doneEarlier, outcome.doneEarlier],
  ] as const;
  return section(texts.sections.outcome, [
    gate === null
      ? null
      : markup`<p class="verdict ${gate.valid ? 'good' : 'bad'}">${gate.valid ? texts.gate.passed : texts.gate.failed}</p>`,
    outcome.total === 0 ? markup`<p class="say">${texts.emptyRun}</p>` : null,
    markup`<div class="tiles">${tiles}</div>`,
    markup`<p class="sub">${counts.map(([label, count]) => `${label} ${format.whole(count)}`).join(' · ')}</p>`,
    model.run.error === null
      ? null
      : markup`<p class="bad"><code>${model.run.error.code}</code> ${errorText(model.run.error, language).what}</p>`,
  ]);
}

function gateSection({ model, texts, format, language }: Page): Markup | null {
  const { gate } = model;
  if (gate === null) return null;
  const rows = gate.checks.map((check) => {
    const { mode, passed, severity } = check;
    const { name, detail } = gateCheckText(check, language);
    const tone = passed ? 'good' : severity === 'error' ? 'bad' : 'warn';
    return markup`<tr><td>${name}</td><td>${mode === null ? DASH : texts.modes[mode]}</td><td class="${tone}">${passed ? texts.gate.ok : texts.gate.broken}</td><td>${detail}</td></tr>`;
  });
  return section(`${texts.sections.gate}${gate.name === '' ? '' : `: ${gate.name}`}`, [
    markup`<p class="sub">${format.time(gate.judgedAtMs)}</p>`,
    table([texts.columns.check, texts.columns.mode, texts.columns.result, ''], rows),
  ]);
}

function table(headings: readonly string[], rows: readonly Markup[], kind = ''): Markup {
  return markup`<div class="scroll"><table class="${kind}"><thead><tr>${headings.map((heading) => markup`<th>${heading}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function modeCell({ mode }: Pick<ReportMode, 'mode'>, texts: ReportTexts): Markup {
  return markup`<th class="mode" scope="row"><span class="key m-${mode}"></span>${texts.modes[mode]}</th>`;
}

function modesSection(page: Page): Markup | null {
  const { model, texts, format } = page;
  const { modes, comparisons, headline } = model;
  const scored = modes.filter(({ werRatio }) => werRatio !== null);
  if (scored.length === 0) {
    return model.outcome.total === 0 ? null : section(texts.sections.rates, [markup`<p class="say">${texts.noReferences}</p>`]);
  }
  const isCerFirst = headline === 'cer';
  const rateHeads = isCerFirst ? ['CER', 'WER'] : ['WER', 'CER'];
  const rows = modes.map((mode) => {
    const wer = markup`<td class="num">${format.percent(mode.werRatio)}</td>`;
    const cer = markup`<td class="num">${format.percent(mode.cerRatio)}</td>`;
    const interval =
      mode.werInterval === null ? DASH : `${(mode.werInterval[0] * 100).toFixed(2)} – ${format.percent(mode.werInterval[1])}`;
    const edits =
      mode.counts === null
        ? DASH
        : `${format.whole(mode.counts.substitutions)} / ${format.whole(mode.counts.deletions)} / ${format.whole(mode.counts.insertions)}`;
    return markup`<tr>${modeCell(mode, texts)}${isCerFirst ? [cer, wer] : [wer, cer]}<td class="num">${interval}</td><td class="num">${format.percent(mode.averageAccuracy)}</td><td class="num">${edits}</td><td class="num">${mode.counts === null ? DASH : format.whole(mode.counts.referenceWords)}</td><td class="num">${format.percent(mode.sentenceErrorRatio, 1)}</td><td class="num">${format.percent(mode.meanOfFileWers)}</td><td class="num">${format.fixed(mode.quality?.score ?? null, 1)}</td><td class="num">${format.whole(mode.scored)} / ${format.whole(mode.files)}</td></tr>`;
  });
  const chartRows = scored.map(({ mode, werRatio, werInterval }) => ({
    mode,
    name: texts.modes[mode],
    ratio: werRatio ?? 0,
    interval: werInterval,
    dots: model.speakers.flatMap(({ cells }) => cells.find((cell) => cell.mode === mode)?.werRatio ?? []),
  }));
  const failed = modes.reduce((sum, mode) => sum + mode.scoredFailed, 0);
  const said = comparisons.map((comparison) => {
    const evidence = evidenceText(comparison, model, texts, format);
    const isFound = comparison.verdict === 'aBetter' || comparison.verdict === 'bBetter';
    return markup`<p class="say">${isFound ? markup`<b>${verdictSentence(comparison, texts, format)}</b>` : verdictSentence(comparison, texts, format)}${evidence === null ? null : markup` <span class="sub">${evidence}</span>`}</p>`;
  });
  const comparisonRows = comparisons.map(
    ({ a, b, difference, interval, z, p, pHolm, mcnemarP, pairs, verdict }) =>
      markup`<tr><th scope="row">${texts.modes[a]} − ${texts.modes[b]}</th><td class="num">${difference === null ? DASH : (difference * 100).toFixed(2)}</td><td class="num">${interval === null ? DASH : `[${(interval[0] * 100).toFixed(2)}, ${(interval[1] * 100).toFixed(2)}]`}</td><td class="num">${format.fixed(z, 2)}</td><td class="num">${format.pValue(p)}</td><td class="num">${format.pValue(pHolm)}</td><td class="num">${format.pValue(mcnemarP)}</td><td class="num">${format.whole(pairs)}</td><td>${texts.verdicts.short[verdict]}</td></tr>`,
  );
  return section(modes.length === 1 ? texts.sections.rates : texts.sections.modes, [
    markup`<div class="lead">${said}${failed > 0 ? markup`<p class="sub">${texts.verdicts.failedCount(failed)}</p>` : null}</div>`,
    markup`<figure><figcaption>${texts.charts.werByMode} <span class="sub">${texts.charts.werByModeNote(model.speakers.length > 1)}</span></figcaption>${rateChart(chartRows, texts.charts.werByMode, format.percentSign)}</figure>`,
    table(
      [
        texts.columns.mode,
        ...rateHeads,
        `${texts.columns.interval} (WER)`,
        texts.columns.accuracy,
        texts.columns.edits,
        texts.columns.words,
        texts.columns.sentenceErrors,
        texts.columns.meanOfFiles,
        texts.columns.quality,
        texts.columns.scored,
      ],
      rows,
      'figures',
    ),
    comparisons.length === 0 ? null : markup`<h3>${texts.sections.comparisons}</h3>`,
    comparisons.length === 0
      ? null
      : table(
          [
            texts.columns.comparison,
            `${texts.columns.difference} (%p)`,
            texts.columns.interval,
            'z',
            'p',
            'p (Holm)',
            'p (McNemar)',
            texts.columns.examples,
            texts.columns.verdict,
          ],
          comparisonRows,
          'figures',
        ),
  ]);
}

function spread(distribution: Distribution | null, shown: (value: number) => string): Markup {
  if (distribution === null) return markup`<td class="num">${DASH}</td>`;
  return markup`<td class="num"><b>${shown(distribution.p50)}</b><br><span class="sub">${(['p90', 'p95', 'p99'] as const).map((name) => markup`<span class="p">${name} ${shown(distribution[name])}</span>`)}</span></td>`;
}

function qualitySection({ model, texts, format }: Page): Markup | null {
  if (model.outcome.total === 0) return null;
  const rows = model.modes.map(
    (mode) =>
      markup`<tr>${modeCell(mode, texts)}<td class="num">${format.percent(mode.successRatio, 1)}</td><td class="num">${format.seconds(mode.endToEndSecs?.mean ?? null)}</td><td class="num">${format.percent(mode.werRatio)}</td><td class="num">${format.fixed(mode.quality?.score ?? null, 1)}</td><td class="num">${format.whole(mode.flagged)}</td></tr>`,
  );
  return section(texts.columns.quality, [
    table(
      [
        texts.columns.mode,
        texts.outcome.successRate,
        `${texts.columns.endToEnd} (${texts.columns.mean})`,
        'WER',
        texts.columns.quality,
        texts.outcome.warnings,
      ],
      rows,
      'figures',
    ),
  ]);
}

function stagesSection({ model, texts, format }: Page): Markup | null {
  if (model.outcome.total === 0) return null;
  const rows = stageRows(model, texts).map(
    ({ name, total, failed, successRatio, meanSec, parts }) =>
      markup`<tr><th scope="row">${name}</th><td class="num">${format.whole(total)}</td><td class="num ${failed > 0 ? 'bad' : ''}">${format.whole(failed)}</td><td class="num">${format.percent(successRatio, 1)}</td><td class="num">${format.seconds(meanSec)}</td>${parts.map((sec) => markup`<td class="num">${format.seconds(sec)}</td>`)}</tr>`,
  );
  return section(
    texts.sections.stages,
    [
      bottlenecks(model, texts, format).map((sentence) => markup`<p class="say">${sentence}</p>`),
      table(
        [
          texts.stages.stage,
          texts.outcome.total,
          texts.outcome.failed,
          texts.outcome.successRate,
          texts.columns.mean,
          texts.stages.fileAndStorage,
          texts.stages.sendingAndWaiting,
          texts.stages.serverDecoding,
        ],
        rows,
        'figures',
      ),
    ].flat(),
  );
}

function latencySection({ model, texts, format }: Page): Markup | null {
  const timed = model.modes.filter(({ processingSecs }) => processingSecs !== null);
  if (timed.length === 0) return null;
  const isPaced = model.run.options.pacing === 'realTime';
  const rows = timed.map(
    (mode) =>
      markup`<tr>${modeCell(mode, texts)}${spread(mode.firstTokenMs, (ms) => format.milliseconds(ms))}${isPaced ? spread(mode.finalLatencyMs, (ms) => format.milliseconds(ms)) : null}${spread(mode.rtfs, (rtf) => rtf.toFixed(3))}${spread(mode.processingSecs, (sec) => format.seconds(sec))}<td class="num">${mode.decodeSecs === null ? DASH : format.seconds(mode.decodeSecs.mean)}</td><td class="num">${mode.endToEndSecs === null ? DASH : format.seconds(mode.endToEndSecs.mean)}</td><td class="num">${format.fixed(mode.rtf, 3)}</td></tr>`,
  );
  const charts = timed
    .map((mode) => histogramChart(mode, { title: texts.charts.rtfHistogram, name: texts.modes[mode.mode], most: texts.charts.most }))
    .filter((chart) => chart !== null);
  return section(texts.sections.latency, [
    markup`<p class="say">${isPaced ? texts.latencyPaced : texts.latencyUnpaced}</p>`,
    model.outcome.doneEarlier > 0 ? markup`<p class="sub">${texts.earlierIncluded(model.outcome.doneEarlier)}</p>` : null,
    table(
      [
        texts.columns.mode,
        `${texts.columns.firstToken} p50`,
        ...(isPaced ? [`${texts.columns.finalLatency} p50`] : []),
        'RTF p50',
        `${texts.columns.processing} p50`,
        `${texts.columns.serverDecoding} (${texts.columns.mean})`,
        `${texts.columns.endToEnd} (${texts.columns.mean})`,
        `${texts.columns.speed} (Σ/Σ)`,
      ],
      rows,
      'figures',
    ),
    charts.length === 0
      ? null
      : markup`<figure><figcaption>${texts.charts.rtfHistogram}</figcaption><div class="row">${charts.map((chart) => markup`<div>${chart}</div>`)}</div></figure>`,
  ]);
}

function moreNote(shown: number, all: number, texts: ReportTexts): Markup | null {
  return all > shown ? markup`<p class="sub">${texts.more(all - shown)}</p>` : null;
}

function fileList(
  examples: readonly { readonly fileId: string; readonly detail: string | null; readonly modes: readonly Mode[] }[],
  texts: ReportTexts,
): Markup {
  return markup`<ul class="files">${examples.map(({ fileId, detail, modes }) => markup`<li><code>${fileId}</code> <span class="sub">${modes.map((mode) => texts.modes[mode]).join(', ')}${detail === null ? '' : `: ${detail}`}</span></li>`)}</ul>`;
}

function failuresSection({ model, texts, format, language }: Page): Markup {
  const { failures } = model;
  if (failures.length === 0) return section(texts.sections.failures, [markup`<p class="sub">${texts.noFailures}</p>`]);
  const rows = failures.map(({ code, results, byMode, examples }) => {
    const { what, advice } = errorText({ code, data: {} }, language);
    const hidden = Math.max(0, Math.max(...Object.values(byMode)) - examples.length);
    const shown = examples.map((example) => ({
      ...example,
      detail: example.detail === null ? null : plainDetail(example.detail, language),
    }));
    return markup`<tr><td><code>${code}</code></td><td class="num">${format.whole(results)}<br><span class="sub">${model.modes.flatMap(({ mode }) => (byMode[mode] === undefined ? [] : `${texts.modes[mode]} ${byMode[mode]}`)).join(', ')}</span></td><td>${what} <span class="sub">${advice}</span>${fileList(shown, texts)}${hidden > 0 ? markup`<p class="sub">${texts.more(hidden)}</p>` : null}</td></tr>`;
  });
  return section(texts.sections.failures, [
    markup`<figure><figcaption>${texts.charts.failuresByCause}</figcaption>${barChart(
      failures.map(({ code, results }) => ({ label: code, value: results })),
      texts.charts.failuresByCause,
    )}</figure>`,
    table([texts.columns.code, texts.columns.count, texts.columns.cause], rows, 'counted'),
  ]);
}

function warningsSection({ model, texts, format, language }: Page): Markup {
  const { warnings } = model;
  if (warnings.length === 0) return section(texts.sections.warnings, [markup`<p class="sub">${texts.noWarnings}</p>`]);
  const rows = warnings.map(
    ({ kind, results, files, examples }) =>
      markup`<tr><td>${texts.kinds[kind]}</td><td class="num">${format.whole(results)}${files === results ? null : markup`<br><span class="sub">${texts.fileCount(format.whole(files))}</span>`}</td><td>${fileList(
        examples.map((example) => ({ ...example, detail: findingText(kind, example.facts, language) })),
        texts,
      )}${files > examples.length ? markup`<p class="sub">${texts.more(files - examples.length)}</p>` : null}</td></tr>`,
  );
  return section(texts.sections.warnings, [table([texts.columns.check, texts.columns.count, texts.columns.examples], rows, 'counted')]);
}

function diffMarkup(steps: readonly DiffStep[]): Markup[] {
  return steps.map(({ op, reference, hypothesis }) => {
    switch (op) {
      case 'hit':
        return markup`${hypothesis} `;
      case 'deletion':
        return markup`<del>${reference}</del> `;
      case 'insertion':
        return markup`<ins>${hypothesis}</ins> `;
      case 'substitution':
        return markup`<del>${reference}</del> <ins class="sub-word">${hypothesis}</ins> `;
    }
  });
}

function worstSection({ model, texts, format }: Page): Markup | null {
  if (model.worstFiles.length === 0) return null;
  const modes = model.modes.map(({ mode }) => mode);
  const rows = model.worstFiles.map(
    ({ fileId, mode, byMode, diff, isDiffCut, errors, referenceWords }) =>
      markup`<tr><td><code>${fileId}</code>${referenceWords === 0 ? markup` <span class="sub">${texts.noReferenceWords(errors)}</span>` : null}<p class="diff"><span class="key m-${mode}"></span><span class="sub">${texts.modes[mode]}</span> ${diffMarkup(diff)}${isDiffCut ? '…' : ''}</p></td>${modes.map(
        (each) => {
          const rate = byMode[each] ?? null;
          return markup`<td class="num"><span class="rate ${rate === null ? '' : rate > 0.2 ? 'bad' : rate > 0.08 ? 'warn' : 'good'}">${format.percent(rate, 1)}</span></td>`;
        },
      )}</tr>`,
  );
  return section(texts.sections.worst, [
    markup`<p class="sub"><del>${texts.columns.deletions}</del> · <ins>${texts.columns.insertions}</ins> · <del>${texts.columns.reference}</del> <ins class="sub-word">${texts.columns.substitutions}</ins></p>`,
    table([texts.columns.file, ...modes.map((mode) => texts.modes[mode])], rows, 'wide'),
  ]);
}

function groupsSection({ model, texts, format }: Page, title: string, heading: string, groups: readonly ReportGroup[]): Markup | null {
  if (groups.length === 0) return null;
  const modes = model.modes.map(({ mode }) => mode);
  const hasRates = groups.some(({ cells }) => cells.some(({ werRatio }) => werRatio !== null));
  const rows = groups.slice(0, SHOWN_ROWS).map(({ name, cells }) => {
    const files = Math.max(...cells.map((cell) => cell.files));
    const failed = cells.reduce((sum, cell) => sum + cell.failed, 0);
    const rates = modes.map((mode) => {
      const cell = cells.find((candidate) => candidate.mode === mode);
      return markup`<td class="num">${format.percent(cell?.werRatio ?? null)}</td>`;
    });
    return markup`<tr><th scope="row">${name}</th><td class="num">${format.whole(files)}</td><td class="num ${failed > 0 ? 'bad' : ''}">${format.whole(failed)}</td>${hasRates ? rates : null}</tr>`;
  });
  return section(title, [
    table(
      [heading, texts.columns.examples, texts.columns.failedResults, ...(hasRates ? modes.map((mode) => `WER ${texts.modes[mode]}`) : [])],
      rows,
      'figures',
    ),
    moreNote(SHOWN_ROWS, groups.length, texts),
  ]);
}

function errorsSection({ model, texts }: Page): Markup | null {
  const listed = model.modes.filter(
    ({ topSubstitutions, topDeletions, topInsertions }) => topSubstitutions.length + topDeletions.length + topInsertions.length > 0,
  );
  if (listed.length === 0) return null;
  const words = (list: ReportMode['topSubstitutions'], shown: (entry: ReportMode['topSubstitutions'][number]) => string): Markup =>
    markup`<td>${list.map((entry) => markup`<span class="chip">${shown(entry)} <b>${entry.count}</b></span>`)}</td>`;
  return section(texts.sections.errors, [
    table(
      [texts.columns.mode, texts.columns.substitutions, texts.columns.deletions, texts.columns.insertions],
      listed.map(
        (mode) =>
          markup`<tr>${modeCell(mode, texts)}${words(mode.topSubstitutions, ({ reference, hypothesis }) => `${reference} → ${hypothesis}`)}${words(mode.topDeletions, ({ reference }) => reference)}${words(mode.topInsertions, ({ hypothesis }) => hypothesis)}</tr>`,
      ),
    ),
  ]);
}

function resourcesSection({ model, texts, format }: Page): Markup {
  const { resources } = model;
  if (resources.samples === 0) return section(texts.sections.resources, [markup`<p class="sub">${texts.noSamples}</p>`]);
  const { hours } = texts.charts;
  const charts = [
    timeChart(resources.series, 'cpuPercent', { title: texts.charts.cpu, hours }, 100),
    timeChart(resources.series, 'gpuPercent', { title: texts.charts.gpu, hours }, 100),
    timeChart(resources.series, 'ownMemoryMb', { title: texts.charts.memory, hours }, null),
  ].filter((chart) => chart !== null);
  const percent = (value: number): string => format.percentage(value);
  const mb = (value: number): string => format.megabytes(value);
  const readings = [
    { name: 'CPU', reading: resources.cpuPercent, shown: percent },
    { name: texts.outcome.ownMemory, reading: resources.ownMemoryMb, shown: mb },
    { name: 'RAM', reading: resources.memoryUsedMb, shown: mb },
    ...resources.gpus.flatMap(({ index, name, utilizationPercent, memoryUsedMb, powerW }) => [
      { name: `GPU ${index} ${name}`, reading: utilizationPercent, shown: percent },
      { name: `GPU ${index} RAM`, reading: memoryUsedMb, shown: mb },
      { name: `GPU ${index} W`, reading: powerW, shown: (value: number) => `${value.toFixed(0)} W` },
    ]),
  ];
  const rows = readings.flatMap(({ name, reading, shown }) =>
    reading === null
      ? []
      : markup`<tr><th scope="row">${name}</th><td class="num">${shown(reading.mean)}</td><td class="num">${shown(reading.max)}</td></tr>`,
  );
  return section(texts.sections.resources, [
    markup`<figure>${charts.map((chart) => markup`<div>${chart}</div>`)}<figcaption class="sub">${texts.charts.time}</figcaption></figure>`,
    table([texts.columns.resource, texts.columns.mean, texts.columns.peak], rows, 'figures'),
  ]);
}

function notesSection({ model, texts }: Page): Markup | null {
  const notes = notesLines(model, texts);
  if (notes.length === 0) return null;
  return section(texts.sections.notes, [
    markup`<dl>${notes.map(({ heading, lines }) => markup`<dt>${heading}</dt><dd>${lines.length === 1 ? lines : markup`<ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul>`}</dd>`)}</dl>`,
  ]);
}

function detailsSection({ model, texts, format, language }: Page): Markup {
  const { run, environment } = model;
  const { options } = run;
  const environmentText = [
    `Nightshift ${environment.nightshiftVersion}`,
    `Node ${environment.nodeVersion}`,
    environment.platform,
    `${environment.cpuModel} × ${environment.cpuCount}`,
    format.megabytes(environment.memoryTotalBytes / (1024 * 1024)),
    ...environment.gpus,
    environment.decoder,
  ].join(' · ');
  const facts = [
    [texts.details.sources, markup`${run.sources.map((source) => markup`<code>${source}</code><br>`)}`],
    [texts.details.model, run.modelName ?? DASH],
    [texts.details.normalizer, run.ownNormalizer === null ? run.normalizer : texts.details.rescored(run.normalizer, run.ownNormalizer)],
    [texts.details.language, options.language ?? texts.details.detected],
    [texts.details.started, format.time(run.startedAtMs)],
    [texts.details.ended, format.time(run.endedAtMs)],
    [texts.details.options, markup`<code class="long">${optionsText(options, texts)}</code>`],
    [texts.details.environment, environmentText],
  ] as const;
  const problems = run.problems.map(({ code, path, detail }) => {
    const { what } = errorText({ code, data: { path, ...(detail === undefined ? {} : { detail }) } }, language);
    return markup`<li><code>${code}</code> ${what}</li>`;
  });
  return section(texts.sections.details, [
    markup`<dl>${facts.map(([label, value]) => markup`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`,
    problems.length === 0 ? null : markup`<h3>${texts.details.problems}</h3><ul class="files">${problems}</ul>`,
    moreNote(run.problems.length, run.problemCount, texts),
  ]);
}

function readingSection({ model, texts }: Page): Markup {
  const formula = formulaOf(model);
  const { replicates, seed, clusteredBySpeaker } = model.intervals;
  const lines = texts.reading({ normalizer: model.run.normalizer, replicates, seed, clustered: clusteredBySpeaker, formula });
  return section(texts.sections.reading, [markup`<ul class="reading">${lines.map((line) => markup`<li>${line}</li>`)}</ul>`]);
}
