import type { NightshiftClient } from '#shared/contract/client.ts';
import type { RescoredItem, RescoredMode, Rescoring } from '#shared/contract/rescoring.ts';
import { werRatio } from '#shared/domain/scores.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { counted, percent } from './figures.ts';
import type { RescoreCommand } from './rescoreFlags.ts';

const FILES_IN_PAGE = 1_000;

/** `rescore`: by mode the figures of the run and those under the other normaliser. @returns the exit code */
export async function runRescore({ output, open }: CliContext, command: RescoreCommand): Promise<number> {
  const { runId, normalizer, isListingFiles } = command;
  const opened = await open();
  try {
    const { rescoring, original, isNew } = await opened.client.request('rescorings.create', { runId, normalizer });
    for (const line of rescoringLines(runId, original, rescoring)) output.line(line);
    for (const mode of rescoring.modes) {
      const before = original.modes.find((candidate) => candidate.mode === mode.mode) ?? null;
      output.json({ type: 'mode', mode: mode.mode, original: before, rescored: mode });
    }
    if (isListingFiles && rescoring.id !== null) {
      for await (const item of changedFiles(opened.client, rescoring.id)) {
        output.json({ type: 'file', ...item });
        output.line(fileLine(item));
      }
    }
    const named = ({ normalizer: name, normalizerVersion: version, normalizerLabel: label, scoredAtMs }: Rescoring): object => ({
      normalizer: name,
      normalizerVersion: version,
      normalizerLabel: label,
      scoredAtMs,
    });
    output.json({ type: 'summary', exitCode: EXIT.done, runId, isNew, original: named(original), rescored: named(rescoring) });
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

/** Both rules by name, then each mode with its word error rates before and after. */
export function rescoringLines(runId: number, original: Rescoring, rescoring: Rescoring): string[] {
  const lines = rescoring.modes.map((mode) => {
    const before = original.modes.find((candidate) => candidate.mode === mode.mode);
    const rates = [
      `WER ${percent(before?.werRatio ?? null)} → ${percent(mode.werRatio)}`,
      `CER ${characters(before)} → ${characters(mode)}`,
    ];
    const changed = mode.changed === null ? [] : [`${counted(mode.changed, 'file')} changed`];
    return `  ${mode.mode.padEnd(9)}  ${[...rates, `${counted(mode.scored, 'file')} scored`, ...changed].join(', ')}`;
  });
  return [`Run ${runId}: ${original.normalizerLabel} → ${rescoring.normalizerLabel}`, ...lines];
}

function characters(mode: RescoredMode | undefined): string {
  return percent(mode?.cerRatio ?? null);
}

function fileLine({ fileId, mode, original, rescored }: RescoredItem): string {
  return `  ${mode.padEnd(9)}  ${percent(original === null ? null : werRatio(original))} → ${percent(werRatio(rescored))}  ${fileId}`;
}

async function* changedFiles(client: NightshiftClient, rescoringId: number): AsyncGenerator<RescoredItem> {
  for (let afterTaskId = 0; ;) {
    const { items } = await client.request('rescorings.items', { rescoringId, afterTaskId, count: FILES_IN_PAGE, onlyChanged: true });
    const last = items.at(-1);
    if (last === undefined) return;
    yield* items;
    afterTaskId = last.taskId;
  }
}
