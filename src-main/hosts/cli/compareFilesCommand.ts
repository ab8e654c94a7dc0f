import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { compareSystems } from '#main/core/scoring/compareSystems.ts';
import { pairById, pairsOfRows, type PairedTexts } from '#main/core/scoring/pairTexts.ts';
import { modesIn, parseOneSide, parsePairs, type Transcripts } from '#main/core/scoring/transcriptText.ts';
import { comparisonLines, comparisonObject, matchUtterances, withHolm, type ComparedSystem } from './compareFilesReport.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import type { Output } from './output.ts';
import type { CompareFilesCommand } from './compareFlags.ts';
import { oddityLines, readTranscriptFile } from './transcriptInput.ts';

/** `compare`: each two of the systems given. @returns 0 whatever the difference is */
export async function runCompareFiles({ output }: CliContext, command: CompareFilesCommand): Promise<number> {
  const systems = await readSystems(output, command);
  for (const { name, texts } of systems) for (const line of oddityLines(texts)) output.notice(`${name}: ${line}`);
  const compared = systems.flatMap((a, index) =>
    systems.slice(index + 1).map((b) => {
      const matched = matchUtterances(a, b, command.normalizer);
      if (matched.utterances.length === 0) {
        throw new NightshiftError('INPUT_INVALID', { detail: `${a.name} and ${b.name} have no utterance with the same id and reference` });
      }
      return { a: a.name, b: b.name, matched, comparison: compareSystems(matched.utterances, command) };
    }),
  );
  for (const named of withHolm(compared)) {
    const { onlyInOne, differentReferences } = named.matched;
    if (onlyInOne.length > 0) output.notice(`${onlyInOne.length} only in ${named.a} or only in ${named.b}: not compared`);
    if (differentReferences.length > 0) output.notice(`${differentReferences.length} with different references: not compared`);
    output.json(comparisonObject(named, command));
    for (const line of comparisonLines(named, { ...command, isOneOfMany: compared.length > 1 })) output.line(line);
  }
  return EXIT.done;
}

async function readSystems(output: Output, command: CompareFilesCommand): Promise<ComparedSystem[]> {
  const { files, format, modes, reference } = command;
  const references = reference === null ? null : parseOneSide(await readTranscriptFile(output, reference, format, null), 'reference');
  const [first, second] = files;
  if (second !== undefined) {
    const [modeA = null, modeB = null] = modes;
    return [
      { name: nameOf(first, modeA), texts: await readSystem(output, command, references, first, modeA) },
      { name: nameOf(second, modeB), texts: await readSystem(output, command, references, second, modeB) },
    ];
  }
  const wanted = modes.length > 0 ? modes : modesIn(await readTranscriptFile(output, first, format, null));
  if (wanted.length < 2) {
    throw new NightshiftError('INPUT_INVALID', {
      field: '--modes',
      detail: `${first} has ${wanted.length === 0 ? 'no modes' : `only ${wanted.join()}`}: name a second file, or two modes of it`,
    });
  }
  const systems: ComparedSystem[] = [];
  for (const mode of wanted) systems.push({ name: mode, texts: await readSystem(output, command, references, first, mode) });
  return systems;
}

function nameOf(file: string, mode: string | null): string {
  return mode === null ? file : `${file} ${mode}`;
}

async function readSystem(
  output: Output,
  { format }: CompareFilesCommand,
  references: Transcripts | null,
  name: string,
  mode: string | null,
): Promise<PairedTexts> {
  const file = await readTranscriptFile(output, name, format, mode);
  try {
    return references === null ? pairsOfRows(parsePairs(file)) : pairById(references, parseOneSide(file, 'hypothesis'));
  } catch (error) {
    if (!(error instanceof NightshiftError) || error.data['field'] !== '--mode') throw error;
    // The flag of this command has another name than that of `score`.
    throw new NightshiftError('INPUT_INVALID', { ...error.data, field: '--modes' }, { cause: error });
  }
}
