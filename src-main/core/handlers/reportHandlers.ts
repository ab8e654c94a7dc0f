import type { reportRoutes } from '#shared/contract/reports.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { ReportService } from '../reports/reportService.ts';

export function reportHandlers({ reports }: { readonly reports: ReportService }): Handlers<keyof typeof reportRoutes> {
  return {
    'reports.export': (request) => reports.exportFiles(request),
    'reports.preview': ({ runId, clusterBySpeaker }) => reports.model(runId, clusterBySpeaker),
    'reports.notes': async ({ runId }) => ({ notes: await reports.notes(runId) }),
    'reports.setNotes': async ({ runId, notes }) => {
      await reports.setNotes(runId, notes);
      return {};
    },
    'reports.judge': ({ runId, gate }) => reports.judge(runId, gate),
  };
}
