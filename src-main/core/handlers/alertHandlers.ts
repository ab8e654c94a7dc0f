import type { alertRoutes } from '#shared/contract/alerts.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { AlertService } from '../alerts/alertService.ts';

export function alertHandlers({ alerts }: { readonly alerts: AlertService }): Handlers<keyof typeof alertRoutes> {
  return {
    'alerts.list': async ({ count }) => ({ active: alerts.active, recent: await alerts.recent(count) }),
  };
}
