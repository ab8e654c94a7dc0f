import type { HistoryFigures } from '#shared/contract/history.ts';
import type { RouteOutput } from '#shared/contract/routes.ts';
import { csvLine } from '#main/core/reports/writers/csv.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { percent } from './figures.ts';
import type { HistoryCommand } from './historyFlags.ts';

type History = RouteOutput<'history.groups'>;

/** `history`: a table for people, CSV, or one JSON object a group and one for all. */
export async function runHistory({ output, open }: CliContext, command: HistoryCommand): Promise<number> {
  const { by, sinceMs, untilMs, count, isCsv } = command;
  const opened = await open();
  try {
    const history = await opened.client.request('history.groups', { by: [...by], sinceMs, untilMs, count });
    for (const group of history.groups) output.json({ type: 'group', by, ...group });
    for (const line of isCsv ? csvLines(by, history) : tableLines(by, history)) output.line(line);
    const hidden = history.groupCount - history.groups.length;
    if (history.groupCount === 0) output.notice('Nothing has an outcome in this period.');
    else if (hidden > 0) output.notice(`${hidden} more groups are not shown; see --count.`);
    output.json({ type: 'summary', exitCode: EXIT.done, by, groupCount: history.groupCount, total: history.total });
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

const FIGURE_COLUMNS = ['runs', 'done', 'reused', 'failed', 'success', 'audio', 'WER', 'RTF', 'mean time'] as const;

/** Columns as wide as what is in them, figures to the right; the last line adds everything up. */
export function tableLines(by: readonly string[], { groups, total }: History): string[] {
  if (groups.length === 0) return [];
  const rows = [
    [...by, ...FIGURE_COLUMNS],
    ...groups.map((group) => [...group.key.map((value) => value ?? '–'), ...figureCells(group)]),
    [...by.map((_, place) => (place === 0 ? 'all' : '')), ...figureCells(total)],
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? ''))));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const room = ' '.repeat((widths[column] ?? 0) - columnsOf(cell));
        return column < by.length ? cell + room : room + cell;
      })
      .join('  ')
      .trimEnd(),
  );
  const isMixed = [...groups, total].some(({ normalizers, pacings }) => normalizers.length > 1 || pacings.length > 1);
  return isMixed ? [...lines, 'mixed: rates of different normalisers, or times of different paces, have no common figure'] : lines;
}

function figureCells({
  runs,
  done,
  reused,
  failed,
  successRatio,
  audioSec,
  werRatio,
  normalizers,
  rtf,
  meanProcessingSec,
  pacings,
}: HistoryFigures): string[] {
  const isMixedPace = pacings.length > 1;
  return [
    String(runs),
    String(done),
    String(reused),
    String(failed),
    percent(successRatio),
    `${(audioSec / 3_600).toFixed(2)} h`,
    normalizers.length > 1 ? 'mixed' : percent(werRatio),
    isMixedPace ? 'mixed' : (rtf?.toFixed(3) ?? '–'),
    isMixedPace ? 'mixed' : meanProcessingSec === null ? '–' : `${meanProcessingSec.toFixed(2)} s`,
  ];
}

const WIDE = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;

/** Columns of a terminal: letters of Korean, Japanese and Chinese take two. */
function columnsOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

const CSV_COLUMNS = [
  'runs',
  'done',
  'failed',
  'cancelled',
  'reused',
  'success_ratio',
  'audio_seconds',
  'scored',
  'wer',
  'substitutions',
  'deletions',
  'insertions',
  'reference_words',
  'normalizers',
  'processing_seconds',
  'rtf',
  'mean_processing_seconds',
  'pacings',
] as const;

/** One line a group; a figure that is not defined is empty. */
export function csvLines(by: readonly string[], { groups }: History): string[] {
  const lines = groups.map((group) =>
    csvLine([
      ...group.key,
      group.runs,
      group.done,
      group.failed,
      group.cancelled,
      group.reused,
      group.successRatio,
      group.audioSec,
      group.scored,
      group.werRatio,
      group.counts?.substitutions ?? null,
      group.counts?.deletions ?? null,
      group.counts?.insertions ?? null,
      group.counts?.referenceWords ?? null,
      group.normalizers.join(', '),
      group.processingSec,
      group.rtf,
      group.meanProcessingSec,
      group.pacings.join(' '),
    ]),
  );
  return [csvLine([...by, ...CSV_COLUMNS]), ...lines].map((line) => line.trimEnd());
}
