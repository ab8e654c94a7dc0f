import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { REPORT_FORMATS, type ReportFormat } from '#shared/contract/reports.ts';
import { NORMALIZERS, type NormalizerName } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { fail, notEmpty, oneOf, wholeNumber } from './flagValues.ts';

export interface ReportCommand {
  readonly command: 'report';
  readonly runId: number;
  /** Empty: nothing is written. */
  readonly formats: readonly ReportFormat[];
  /** Absolute. */
  readonly folder: string;
  readonly force: boolean;
  /** null: the usual `{mode}/{folder}/{name}.{ext}`. */
  readonly naming: string | null;
  readonly clusterBySpeaker: boolean;
  /** null: the figures of the run itself. */
  readonly normalizer: NormalizerName | null;
  /** Absolute; null: the run is not judged. */
  readonly gateFile: string | null;
  /** Absolute; null: its notes stay as they are. */
  readonly notesFile: string | null;
}

interface ReportValues {
  readonly format?: readonly ReportFormat[];
  readonly output?: string;
  readonly force: boolean;
  readonly naming?: string;
  readonly bySpeaker: boolean;
  readonly normalizer?: NormalizerName;
  readonly gate?: string;
  readonly notes?: string;
}

function formatList(text: string): ReportFormat[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  const expected = `a list of ${REPORT_FORMATS.join(', ')}`;
  const formats = names.map((name) => REPORT_FORMATS.find((format) => format === name) ?? fail('--format', expected, name));
  return [...new Set(formats)];
}

export function gateOption(): Option {
  return new Option('--gate <file>', 'judge the run by the rules of a JSON file; exit code 4 when it does not pass').argParser(
    notEmpty('--gate', 'a file'),
  );
}

/** Adds `report`. @param add makes a subcommand with the flags that all have */
export function addReportCommand<Common>(
  add: (name: string, description: string) => Command,
  cwd: string,
  done: (command: ReportCommand, values: Common) => void,
): void {
  add('report', 'write the report of a run, judge it by a gate, or keep notes with it')
    .argument('<run>', 'number of the run')
    .addOption(
      new Option(
        '--format <list>',
        `comma-separated: ${REPORT_FORMATS.join(', ')} (default: html; nothing with --gate or --notes alone)`,
      ).argParser(formatList),
    )
    .addOption(new Option('--output <folder>', 'where to write (default: report-<run>)').argParser(notEmpty('--output', 'a folder')))
    .option('--force', 'write over files that are there', false)
    .addOption(
      new Option('--naming <template>', 'path of a transcript below the folder (default: {mode}/{folder}/{name}.{ext})').argParser(
        notEmpty('--naming', 'a template'),
      ),
    )
    .option('--by-speaker', 'intervals over speakers instead of files', false)
    .addOption(
      new Option('--normalizer <name>', `figures under another rule than the run's own: ${NORMALIZERS.join(', ')}`).argParser(
        oneOf('--normalizer', NORMALIZERS),
      ),
    )
    .addOption(gateOption())
    .addOption(new Option('--notes <file>', 'keep the notes of a JSON file with the run').argParser(notEmpty('--notes', 'a file')))
    .action((run: string, values: ReportValues & Common) => {
      const runId = wholeNumber('run', 1, Number.MAX_SAFE_INTEGER)(run.replace(/^#/, ''));
      const { format, output, force, naming, bySpeaker, normalizer, gate, notes } = values;
      if (normalizer !== undefined && gate !== undefined) {
        throw new NightshiftError('INPUT_INVALID', {
          field: '--normalizer',
          detail: "it cannot be combined with --gate, which judges the run's own figures",
        });
      }
      const isOnlyAsked = gate !== undefined || notes !== undefined;
      done(
        {
          command: 'report',
          runId,
          formats: format ?? (isOnlyAsked ? [] : ['html']),
          folder: resolve(cwd, output ?? `report-${runId}`),
          force,
          naming: naming ?? null,
          clusterBySpeaker: bySpeaker,
          normalizer: normalizer ?? null,
          gateFile: gate === undefined ? null : resolve(cwd, gate),
          notesFile: notes === undefined ? null : resolve(cwd, notes),
        },
        values,
      );
    });
}
