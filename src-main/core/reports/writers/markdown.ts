import type { Distribution, ReportModel } from '#shared/contract/reports.ts';
import { errorText, type MessageLocale } from '#shared/errors/messages.ts';
import { findingText } from '#shared/texts/findingText.ts';
import { gateCheckText } from '#shared/texts/gateCheckText.ts';
import { createReportFormat, DASH } from '../reportFormat.ts';
import { reportTexts } from '../reportTexts.ts';
import { bottlenecks, evidenceText, formulaOf, notesLines, optionsText, SHOWN_ROWS, stageRows, verdictSentence } from './verdicts.ts';

/** Text of ours or others' that Markdown must not take for its own: marks, tags and cell borders; one line. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/[\\`*_{}[\]#|~]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** A code span that holds any text: its fence is longer than every run of backticks in it. */
function codeSpan(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').replaceAll('|', String.raw`\|`);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(headings) + line(headings.map(() => '---')) + rows.map(line).join('');
}

/** The report as GitHub-flavoured Markdown: everything of the page but its pictures. */
export function reportMarkdown(model: ReportModel, language: MessageLocale): string {
  const texts = reportTexts(language);
  const format = createReportFormat(language);
  const { run, outcome, modes } = model;
  const plain = escapeMarkdown;
  const parts: string[] = [];
  const section = (title: string, ...content: readonly string[]): void => {
    parts.push(`## ${plain(title)}\n`, ...content.filter((part) => part !== ''));
  };

  parts.push(
    `# ${plain(run.name)}\n`,
    `${[
      `${texts.run} ${run.id}`,
      texts.status[run.status],
      texts.fileCount(format.whole(run.itemCount)),
      texts.audioLength(format.seconds(run.audioSec)),
      texts.pacing[run.options.pacing],
      `${texts.details.normalizer} ${plain(run.normalizer)}`,
      ...(run.modelName === null ? [] : [`${texts.details.model} ${plain(run.modelName)}`]),
    ].join(' · ')}\n`,
    `${format.time(run.startedAtMs)} → ${format.time(run.endedAtMs)} · ${texts.generated} ${format.time(model.generatedAtMs)}\n`,
    ...(run.newerNormalizer === null ? [] : [`${plain(texts.details.olderRule(run.normalizer, run.newerNormalizer))}\n`]),
  );

  section(
    texts.sections.outcome,
    model.gate === null ? '' : `**${model.gate.valid ? texts.gate.passed : texts.gate.failed}**\n`,
    outcome.total === 0 ? `${texts.emptyRun}\n` : '',
    tableOf(
      ['', ''],
      [
        [texts.outcome.successRate, `${format.percent(outcome.successRatio, 1)} (${outcome.done} / ${outcome.done + outcome.failed})`],
        [texts.outcome.failureRate, format.percent(outcome.failureRatio, 1)],
        [texts.outcome.total, format.whole(outcome.total)],
        [texts.outcome.done, format.whole(outcome.done)],
        [texts.outcome.failed, format.whole(outcome.failed)],
        [texts.outcome.cancelled, format.whole(outcome.cancelled)],
        [texts.outcome.notReached, format.whole(outcome.notReached)],
        [texts.outcome.doneEarlier, format.whole(outcome.doneEarlier)],
        [texts.outcome.recovered, format.whole(outcome.recovered)],
        [texts.outcome.meanEndToEnd, format.seconds(outcome.meanEndToEndSec)],
        [texts.outcome.elapsed, format.seconds(outcome.elapsedSec)],
        [texts.outcome.throughput, outcome.filesPerHour === null ? DASH : texts.outcome.perHour(format.whole(outcome.filesPerHour))],
        [texts.outcome.memoryPeak, outcome.memoryPeakMb === 0 ? DASH : format.megabytes(outcome.memoryPeakMb)],
        [texts.outcome.cpuPeak, outcome.cpuPeakPercent === 0 ? DASH : format.percentage(outcome.cpuPeakPercent)],
      ],
    ),
  );

  if (model.gate !== null) {
    section(
      texts.sections.gate,
      tableOf(
        [texts.columns.check, texts.columns.mode, texts.columns.result, ''],
        model.gate.checks.map((check) => {
          const { name, detail } = gateCheckText(check, language);
          const mode = check.mode === null ? DASH : texts.modes[check.mode];
          return [plain(name), mode, check.passed ? texts.gate.ok : `**${texts.gate.broken}**`, plain(detail)];
        }),
      ),
    );
  }

  if (modes.some(({ werRatio }) => werRatio !== null)) {
    const rates = model.headline === 'cer' ? ['CER', 'WER'] : ['WER', 'CER'];
    section(
      modes.length === 1 ? texts.sections.rates : texts.sections.modes,
      model.comparisons
        .map((comparison) => {
          const evidence = evidenceText(comparison, model, texts, format);
          return `- ${verdictSentence(comparison, texts, format)}${evidence === null ? '' : ` (${evidence})`}\n`;
        })
        .join(''),
      tableOf(
        [
          texts.columns.mode,
          ...rates,
          `${texts.columns.interval} (WER)`,
          texts.columns.accuracy,
          texts.columns.edits,
          texts.columns.words,
          texts.columns.sentenceErrors,
          texts.columns.meanOfFiles,
          texts.columns.quality,
        ],
        modes.map((mode) => {
          const wer = format.percent(mode.werRatio);
          const cer = format.percent(mode.cerRatio);
          return [
            texts.modes[mode.mode],
            ...(model.headline === 'cer' ? [cer, wer] : [wer, cer]),
            mode.werInterval === null ? DASH : `${(mode.werInterval[0] * 100).toFixed(2)} – ${format.percent(mode.werInterval[1])}`,
            format.percent(mode.averageAccuracy),
            mode.counts === null ? DASH : `${mode.counts.substitutions} / ${mode.counts.deletions} / ${mode.counts.insertions}`,
            mode.counts === null ? DASH : format.whole(mode.counts.referenceWords),
            format.percent(mode.sentenceErrorRatio, 1),
            format.percent(mode.meanOfFileWers),
            format.fixed(mode.quality?.score ?? null, 1),
          ];
        }),
      ),
    );
  } else if (outcome.total > 0) section(texts.sections.rates, `${texts.noReferences}\n`);

  if (outcome.total > 0) {
    section(
      texts.sections.stages,
      bottlenecks(model, texts, format)
        .map((sentence) => `- ${sentence}\n`)
        .join(''),
      tableOf(
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
        stageRows(model, texts).map(({ name, total, failed, successRatio, meanSec, parts }) => [
          name,
          format.whole(total),
          format.whole(failed),
          format.percent(successRatio, 1),
          format.seconds(meanSec),
          ...parts.map((sec) => format.seconds(sec)),
        ]),
      ),
    );
  }

  const timed = modes.filter(({ processingSecs }) => processingSecs !== null);
  if (timed.length > 0) {
    const isPaced = run.options.pacing === 'realTime';
    const spread = (distribution: Distribution | null, shown: (value: number) => string): string =>
      distribution === null ? DASH : [distribution.p50, distribution.p90, distribution.p95, distribution.p99].map(shown).join(' / ');
    const milliseconds = (ms: number): string => format.milliseconds(ms);
    section(
      texts.sections.latency,
      `${isPaced ? texts.latencyPaced : texts.latencyUnpaced}\n`,
      outcome.doneEarlier > 0 ? `${texts.earlierIncluded(outcome.doneEarlier)}\n` : '',
      tableOf(
        [
          'p50 / p90 / p95 / p99',
          texts.columns.firstToken,
          ...(isPaced ? [texts.columns.finalLatency] : []),
          'RTF',
          texts.columns.processing,
          `${texts.columns.endToEnd} (${texts.columns.mean})`,
        ],
        timed.map((mode) => [
          texts.modes[mode.mode],
          spread(mode.firstTokenMs, milliseconds),
          ...(isPaced ? [spread(mode.finalLatencyMs, milliseconds)] : []),
          spread(mode.rtfs, (rtf) => rtf.toFixed(3)),
          spread(mode.processingSecs, (sec) => format.seconds(sec)),
          mode.endToEndSecs === null ? DASH : format.seconds(mode.endToEndSecs.mean),
        ]),
      ),
    );
  }

  section(
    texts.sections.failures,
    model.failures.length === 0
      ? `${texts.noFailures}\n`
      : tableOf(
          [texts.columns.code, texts.columns.count, texts.columns.cause, texts.columns.examples],
          model.failures.map(({ code, results, examples }) => [
            `\`${code}\``,
            String(results),
            plain(errorText({ code, data: {} }, language).what),
            examples.map(({ fileId }) => codeSpan(fileId)).join('<br>'),
          ]),
        ),
  );
  section(
    texts.sections.warnings,
    model.warnings.length === 0
      ? `${texts.noWarnings}\n`
      : tableOf(
          [texts.columns.check, texts.columns.count, texts.columns.examples],
          model.warnings.map(({ kind, results, files, examples }) => [
            texts.kinds[kind],
            files === results ? String(results) : `${results} (${texts.fileCount(String(files))})`,
            examples
              .map(
                ({ fileId, modes: found, facts }) =>
                  `${codeSpan(fileId)} ${found.map((mode) => texts.modes[mode]).join(', ')}: ${plain(findingText(kind, facts, language))}`,
              )
              .join('<br>'),
          ]),
        ),
  );

  const names = modes.map(({ mode }) => mode);
  if (model.worstFiles.length > 0) {
    section(
      texts.sections.worst,
      tableOf(
        [texts.columns.file, ...names.map((mode) => texts.modes[mode])],
        model.worstFiles.map(({ fileId, byMode, errors, referenceWords }) => [
          referenceWords === 0 ? `${codeSpan(fileId)} ${texts.noReferenceWords(errors)}` : codeSpan(fileId),
          ...names.map((mode) => format.percent(byMode[mode] ?? null, 1)),
        ]),
      ),
    );
  }
  for (const [title, heading, groups] of [
    [texts.sections.folders, texts.columns.folder, model.folders],
    [texts.sections.speakers, texts.columns.speaker, model.speakers],
  ] as const) {
    if (groups.length === 0) continue;
    section(
      title,
      tableOf(
        [heading, texts.columns.examples, texts.columns.failedResults, ...names.map((mode) => `WER ${texts.modes[mode]}`)],
        groups
          .slice(0, SHOWN_ROWS)
          .map(({ name, cells }) => [
            plain(name),
            String(Math.max(...cells.map(({ files }) => files))),
            String(cells.reduce((sum, { failed }) => sum + failed, 0)),
            ...names.map((mode) => format.percent(cells.find((cell) => cell.mode === mode)?.werRatio ?? null)),
          ]),
      ),
      groups.length > SHOWN_ROWS ? `${texts.more(groups.length - SHOWN_ROWS)}\n` : '',
    );
  }

  const { resources } = model;
  section(
    texts.sections.resources,
    resources.samples === 0
      ? `${texts.noSamples}\n`
      : tableOf(
          [texts.columns.resource, texts.columns.mean, texts.columns.peak],
          [
            ...(resources.cpuPercent === null
              ? []
              : [['CPU', format.percentage(resources.cpuPercent.mean), format.percentage(resources.cpuPercent.max)]]),
            ...(resources.ownMemoryMb === null
              ? []
              : [[texts.outcome.ownMemory, format.megabytes(resources.ownMemoryMb.mean), format.megabytes(resources.ownMemoryMb.max)]]),
            ...resources.gpus.flatMap(({ index, name, utilizationPercent }) =>
              utilizationPercent === null
                ? []
                : [[`GPU ${index} ${plain(name)}`, format.percentage(utilizationPercent.mean), format.percentage(utilizationPercent.max)]],
            ),
          ],
        ),
  );

  const notes = notesLines(model, texts);
  if (notes.length > 0) {
    section(
      texts.sections.notes,
      notes
        .map(
          ({ heading, lines }) =>
            `- **${heading}**: ${lines.length === 1 ? plain(lines[0] ?? '') : `\n${lines.map((line) => `  - ${plain(line)}`).join('\n')}`}\n`,
        )
        .join(''),
    );
  }
  section(
    texts.sections.details,
    tableOf(
      ['', ''],
      [
        [texts.details.sources, run.sources.map(codeSpan).join('<br>')],
        ...(run.ownNormalizer === null
          ? []
          : [[texts.details.normalizer, plain(texts.details.rescored(run.normalizer, run.ownNormalizer))]]),
        [texts.details.language, run.options.language ?? texts.details.detected],
        [texts.details.options, codeSpan(optionsText(run.options, texts))],
        [
          texts.details.environment,
          plain(
            `Nightshift ${model.environment.nightshiftVersion}, Node ${model.environment.nodeVersion}, ${model.environment.platform}, ${model.environment.cpuModel} × ${model.environment.cpuCount}`,
          ),
        ],
      ],
    ),
  );
  const { replicates, seed, clusteredBySpeaker } = model.intervals;
  section(
    texts.sections.reading,
    texts
      .reading({
        normalizer: run.normalizer,
        replicates,
        seed,
        clustered: clusteredBySpeaker,
        formula: formulaOf(model),
      })
      .map((line) => `- ${plain(line)}\n`)
      .join(''),
  );
  return `${parts.join('\n')}`;
}
