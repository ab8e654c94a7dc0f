import type { RunHistory } from '#shared/contract/resources.ts';
import type { ReadingFigure } from '#shared/domain/readings.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { entryLine } from './logsCommand.ts';
import type { ResourcesCommand } from './resourcesFlags.ts';

const BYTES_PER_GB = 1024 ** 3;
const COLUMNS = ['time', 'CPU mean/max', 'memory GB', 'own GB', 'servers GB', 'GPU mean/max', 'GPU memory GB', 'failed files'] as const;

/** `resources`: a table for people; with `--json` one object a stretch with least, mean and greatest of every figure, and one an event. */
export async function runResources({ common, output, open }: CliContext, command: ResourcesCommand): Promise<number> {
  const { runId, sinceMs, points } = command;
  const opened = await open();
  try {
    const history = await opened.client.request('resources.runHistory', { runId, fromMs: sinceMs, points });
    for (const [place, atMs] of history.atMs.entries()) output.json(readingJson(history, place, atMs));
    for (const mark of history.marks) output.json({ type: 'event', ...mark });
    for (const line of tableLines(history)) output.line(line);
    for (const mark of history.marks) output.line(entryLine(mark, common.locale));
    if (history.firstMs === null) output.notice('The machine was not measured during this run.');
    const { fromMs, toMs, bucketMs } = history;
    output.json({ type: 'summary', exitCode: EXIT.done, runId, fromMs, toMs, seconds: bucketMs / 1_000, readings: history.atMs.length });
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

function readingJson({ series, bucketMs, failures }: RunHistory, place: number, atMs: number): Readonly<Record<string, unknown>> {
  const figures = series.flatMap(({ figure, subject, name, min, mean, max }) =>
    mean[place] == null ? [] : { figure, subject, name, min: min[place], mean: mean[place], max: max[place] },
  );
  return {
    type: 'reading',
    atMs,
    seconds: bucketMs / 1_000,
    failedFiles: failures.find((entry) => entry.atMs === atMs)?.count ?? 0,
    figures,
  };
}

/** Columns as wide as what is in them; of several graphics cards the first. What was not measured is a dash. */
export function tableLines({ atMs, series, failures }: RunHistory): string[] {
  if (atMs.length === 0) return [];
  const find = (figure: ReadingFigure) => series.find((entry) => entry.figure === figure);
  const percent = (figure: ReadingFigure, place: number): string => {
    const found = find(figure);
    const [mean, max] = [found?.mean[place], found?.max[place]];
    return mean == null || max == null ? '–' : `${mean.toFixed(0)} / ${max.toFixed(0)} %`;
  };
  const gb = (figure: ReadingFigure, place: number): string => {
    const max = find(figure)?.max[place];
    return max == null ? '–' : (max / BYTES_PER_GB).toFixed(2);
  };
  const rows = atMs.map((at, place) => [
    new Date(at).toLocaleString('sv-SE'),
    percent('cpuPercent', place),
    gb('memoryUsedBytes', place),
    gb('ownRssBytes', place),
    gb('serversRssBytes', place),
    percent('gpuUtilizationPercent', place),
    gb('gpuMemoryUsedBytes', place),
    String(failures.find((entry) => entry.atMs === at)?.count ?? 0),
  ]);
  const lines = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  );
}
