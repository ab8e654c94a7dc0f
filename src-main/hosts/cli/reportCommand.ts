import { parseRunNotes } from '#main/core/reports/runNotes.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { judgeRun, readGateFile, readSmallFile } from './gateFile.ts';
import type { ReportCommand } from './reportFlags.ts';

/** `report`: notes first, then the verdict, then the files, so that each is part of the next. @returns the exit code */
export async function runReport(context: CliContext, command: ReportCommand): Promise<number> {
  const { output, common } = context;
  const { runId, formats, folder, force, naming, clusterBySpeaker, normalizer, gateFile, notesFile } = command;
  // Before anything is opened: a typing error should cost nothing.
  const gate = gateFile === null ? null : await readGateFile(gateFile);
  const notes = notesFile === null ? null : parseRunNotes(await readSmallFile(notesFile), notesFile);

  const opened = await context.open();
  const { client } = opened;
  try {
    if (notes !== null) {
      await client.request('reports.setNotes', { runId, notes });
      output.line(`Notes kept with run ${runId}`);
    }
    const hasPassed = gate === null ? null : await judgeRun(client, output, runId, gate);
    if (formats.length > 0) {
      const written = await client.request('reports.export', {
        runId,
        formats: [...formats],
        folder,
        language: common.locale,
        force,
        clusterBySpeaker,
        normalizer,
        ...(naming !== null && { naming }),
      });
      for (const { format, path } of written.files) {
        output.json({ type: 'file', format, path });
        output.line(`Written: ${path}`);
      }
      if (written.transcripts > 0) output.line(`Written: ${written.transcripts} transcripts below ${written.folder}`);
      output.json({ type: 'transcripts', folder: written.folder, count: written.transcripts });
    }
    const exitCode = hasPassed === false ? EXIT.gate : EXIT.done;
    output.json({ type: 'summary', exitCode, runId, gatePassed: hasPassed });
    return exitCode;
  } finally {
    await opened.close();
  }
}
