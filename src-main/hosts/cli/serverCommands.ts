import type { ServerState } from '#shared/contract/servers.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { errorLine } from '#shared/errors/messages.ts';
import type { ServerAction } from './commandLine.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';

/** `servers`: list, start, stop, or the end of a log. A server started without a running Nightshift lives as long as this command. */
export async function runServers(context: CliContext, action: ServerAction, chosen: Mode | null, lines: number): Promise<number> {
  const { output } = context;
  const opened = await context.open();
  const { client } = opened;
  const mode = chosen ?? MODES[0];
  try {
    switch (action) {
      case 'list': {
        const { servers } = await client.request('servers.list', {});
        for (const server of servers.filter((state) => chosen === null || state.mode === chosen)) show(context, server);
        break;
      }
      case 'start': {
        show(context, await client.request('servers.start', { id: mode }));
        if (opened.role === 'owner') {
          output.notice('The server runs until Ctrl-C.');
          await untilSignal(context);
        }
        break;
      }
      case 'stop':
        show(context, await client.request('servers.stop', { id: mode }));
        break;
      case 'log': {
        const log = await client.request('servers.log', { id: mode, lines });
        output.notice(log.path);
        for (const line of log.lines) {
          output.json({ type: 'log', mode, line });
          output.line(line);
        }
        break;
      }
    }
    output.json({ type: 'summary', exitCode: EXIT.done });
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

export function untilSignal(context: CliContext): Promise<void> {
  return new Promise((resolve) => {
    const off = context.onSignal(() => {
      off();
      resolve();
    });
  });
}

function show({ output, common }: CliContext, server: ServerState): void {
  output.json({ type: 'server', server });
  const { mode, url, status, pid, capacity, sessions, model, error } = server;
  const parts = [mode.toUpperCase().padEnd(9), url, status];
  if (pid !== null) parts.push(`process ${pid}`);
  if (capacity !== null) parts.push(`${sessions}/${capacity} sessions`);
  if (model !== null) parts.push(model);
  output.line(parts.join('  '));
  if (error !== null) output.notice(`  ${errorLine(error, common.locale)}`);
}
