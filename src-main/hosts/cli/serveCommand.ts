import { openInBrowser } from '#main/platform/openInBrowser.ts';
import { createPanelLink, rendererFolder, startServe } from '#main/hosts/servedPanel.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { untilSignal } from './serverCommands.ts';

export interface ServeFlags {
  readonly port: number;
  readonly isOpening: boolean;
  readonly isLinkOnly: boolean;
}

/** `serve`: the panel in a browser until Ctrl-C, or a new link for one that is running. */
export async function runServe(context: CliContext, { port, isOpening, isLinkOnly }: ServeFlags): Promise<number> {
  const { output, dataDir } = context;
  if (isLinkOnly) {
    const link = await createPanelLink({ dataDir });
    output.line(link);
    output.json({ type: 'summary', exitCode: EXIT.done, link });
    return EXIT.done;
  }
  const opened = await context.open();
  try {
    if (opened.role === 'attached') output.notice('Using the Nightshift that is already running on this data folder.');
    const { client, connection, logger } = opened;
    const panel = await startServe({ client, connection, logger, rendererDir: rendererFolder(), dataDir, port });
    try {
      if (panel.takenPort !== null) output.notice(`Port ${panel.takenPort} is in use, so the panel is on port ${panel.port}.`);
      output.line(`The panel is at ${panel.url}`);
      output.line(`Open it with this link, which works once and for ten minutes: ${panel.link}`);
      output.notice('Another link: nightshift serve --link. End with Ctrl-C.');
      output.json({ type: 'serving', url: panel.url, port: panel.port, link: panel.link });
      if (isOpening && !(await openInBrowser(panel.newLink()))) output.notice('No browser could be opened; use the link.');
      await untilSignal(context);
      output.line('Closing the panel.');
    } finally {
      await panel.close();
    }
    output.json({ type: 'summary', exitCode: EXIT.done });
    return EXIT.done;
  } finally {
    await opened.close();
  }
}
