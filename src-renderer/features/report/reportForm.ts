import { AbsolutePathSchema } from '#shared/contract/common.ts';
import { reportRoutes, TRANSCRIPT_FORMATS, type ReportFormat } from '#shared/contract/reports.ts';
import type { RouteInput } from '#shared/contract/routes.ts';
import type { NormalizerName } from '#shared/domain/scores.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import type { WireError } from '#shared/errors/nightshiftError.ts';

/** The formats as they are offered: pages to read, files for programs, one file for each answer. */
export const FORMAT_GROUPS = {
  read: ['html', 'brief', 'pdf', 'md'],
  data: ['csv', 'json', 'results', 'qc', 'orchestration', 'resources'],
  transcripts: TRANSCRIPT_FORMATS,
} as const satisfies Record<string, readonly ReportFormat[]>;

export interface ReportChoice {
  readonly formats: readonly ReportFormat[];
  readonly language: MessageLocale;
  /** As typed; empty: beside the results of the run. */
  readonly folder: string;
  readonly naming: string;
  readonly clusterBySpeaker: boolean;
  /** null: the run's own figures. */
  readonly normalizer: NormalizerName | null;
}

/** Where the contract puts transcripts when nobody says. */
const USUAL_NAMING = reportRoutes['reports.export'].input.parse({ runId: 1, formats: ['txt'] }).naming;

export function firstChoice(language: MessageLocale): ReportChoice {
  return { formats: ['html'], language, folder: '', naming: USUAL_NAMING, clusterBySpeaker: false, normalizer: null };
}

export function toggleFormat(choice: ReportChoice, format: ReportFormat): ReportChoice {
  const { formats } = choice;
  return { ...choice, formats: formats.includes(format) ? formats.filter((other) => other !== format) : [...formats, format] };
}

export function hasTranscripts({ formats }: ReportChoice): boolean {
  return formats.some((format) => (TRANSCRIPT_FORMATS as readonly ReportFormat[]).includes(format));
}

/** What keeps the export from being asked for; null when nothing does. */
export function choiceProblem(choice: ReportChoice): 'noFormat' | 'folder' | 'naming' | null {
  if (choice.formats.length === 0) return 'noFormat';
  const folder = choice.folder.trim();
  if (folder !== '' && !AbsolutePathSchema.safeParse(folder).success) return 'folder';
  return hasTranscripts(choice) && !/\{(name|index)\}/.test(choice.naming) ? 'naming' : null;
}

/** @param force writes over what is there */
export function exportInput(runId: number, choice: ReportChoice, force: boolean): RouteInput<'reports.export'> {
  const { formats, language, clusterBySpeaker, normalizer } = choice;
  const folder = choice.folder.trim();
  const naming = hasTranscripts(choice) ? { naming: choice.naming.trim() } : {};
  return { runId, formats: [...formats], language, clusterBySpeaker, normalizer, force, folder: folder === '' ? null : folder, ...naming };
}

/** The files that are in the way, when that is why nothing was written. */
export function existingFiles(error: WireError): { readonly path: string; readonly count: number } | null {
  if (error.code !== 'OUTPUT_EXISTS') return null;
  return { path: String(error.data['path'] ?? ''), count: Number(error.data['count'] ?? 1) };
}

/** The last part of a path of any system. */
export function lastPart(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}

/** Where a browser gets a file that was written beside the results of its run. */
export function downloadHref(runId: number, path: string): string {
  return `/report/${runId}/${encodeURIComponent(lastPart(path))}`;
}
