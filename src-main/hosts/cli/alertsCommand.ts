import type { Alert } from '#shared/contract/alerts.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import { alertText } from '#shared/texts/alertText.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';

/** `alerts`: what is the matter with the machine now, with advice, and what was before. */
export async function listAlerts({ common, output, open }: CliContext, count: number): Promise<number> {
  const opened = await open();
  try {
    const { active, recent } = await opened.client.request('alerts.list', { count });
    for (const alert of active) {
      output.json({ type: 'alert', isActive: true, ...alert });
      const { what, advice } = alertText(alert, common.locale);
      output.line(`${timesOf(alert, true, common.locale)}  ${what}`);
      output.line(`    ${advice}`);
    }
    for (const alert of recent) {
      output.json({ type: 'alert', isActive: false, ...alert });
      output.line(`${timesOf(alert, false, common.locale)}  ${alertText(alert, common.locale).what}`);
    }
    // Alone on its data folder a command has only just begun to look.
    if (opened.role === 'owner') output.notice('No other Nightshift is running: alerts are raised while one is.');
    else if (active.length === 0) output.notice('No alert is active.');
    output.json({ type: 'summary', exitCode: EXIT.done, active: active.length });
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

/** `2026-11-21 02:14 – 02:31`, in local time. */
function timesOf({ raisedAtMs, clearedAtMs }: Alert, isActive: boolean, locale: MessageLocale): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = (atMs: number): string => `${two(new Date(atMs).getHours())}:${two(new Date(atMs).getMinutes())}`;
  const raised = new Date(raisedAtMs);
  const day = `${raised.getFullYear()}-${two(raised.getMonth() + 1)}-${two(raised.getDate())}`;
  const now = locale === 'ko' ? '지금 ' : 'now  ';
  return `${day} ${time(raisedAtMs)} – ${isActive ? now : clearedAtMs === null ? '?    ' : time(clearedAtMs)}`;
}
