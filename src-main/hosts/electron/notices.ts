import { Notification } from 'electron';
import type { NightshiftClient } from '#shared/contract/client.ts';
import { SERVER_REASON_TEXTS } from '#shared/domain/server.ts';
import { errorText, type MessageLocale } from '#shared/errors/messages.ts';

/**
 * One notification of the desktop for each time a server is given up, because nobody may be looking at the panel at night.
 * @param locale asked each time: the language may change
 */
export function notifyOfBrokenServers(client: NightshiftClient, locale: () => MessageLocale, show: () => void): void {
  const told = new Set<string>();
  client.subscribe((event) => {
    if (event.name !== 'server.changed') return;
    const { id, name, status, error } = event.payload;
    if (status !== 'broken') {
      told.delete(id);
      return;
    }
    if (told.has(id) || !Notification.isSupported()) return;
    told.add(id);
    const body = error === null ? SERVER_REASON_TEXTS.budgetSpent[locale()] : errorText(error, locale()).what;
    const notice = new Notification({ title: `Nightshift · ${name}`, body });
    notice.on('click', show);
    notice.show();
  });
}
