import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { pairById, pairsOfRows, type PairedTexts } from '#main/core/scoring/pairTexts.ts';
import { parseOneSide, parsePairs } from '#main/core/scoring/transcriptText.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import type { Output } from './output.ts';
import { overallObject, pairObject, scoreLines, scoreTexts } from './scoreReport.ts';
import type { ScoreCommand } from './scoringFlags.ts';
import { readTranscriptFile, tellOddities } from './transcriptInput.ts';

/** `score`: error rates of files of texts. @returns 0 whatever the rates are; a gate is another command's work */
export async function runScore({ output }: CliContext, command: ScoreCommand): Promise<number> {
  const texts = await readTexts(output, command);
  if (texts.pairs.length === 0) throw new NightshiftError('INPUT_INVALID', { detail: 'there is no reference to compare with' });
  tellOddities(output, texts);
  const report = scoreTexts(texts, command);
  for (const pair of report.pairs) output.json(pairObject(pair));
  output.json(overallObject(report, texts, command.normalizer));
  for (const line of scoreLines(report, command)) output.line(line);
  return EXIT.done;
}

async function readTexts(output: Output, { source, format, mode }: ScoreCommand): Promise<PairedTexts> {
  if (source.kind === 'pairs') return pairsOfRows(parsePairs(await readTranscriptFile(output, source.file, format, mode)));
  const references = parseOneSide(await readTranscriptFile(output, source.reference, format, mode), 'reference');
  const hypotheses = parseOneSide(await readTranscriptFile(output, source.hypothesis, format, mode), 'hypothesis');
  return pairById(references, hypotheses);
}
