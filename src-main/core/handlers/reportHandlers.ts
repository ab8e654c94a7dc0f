import type { reportRoutes } from '#shared/contract/reports.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { GateKeeper } from '../reports/gateKeeper.ts';
import type { ReportService } from '../reports/reportService.ts';

interface Deps {
  readonly reports: ReportService;
  readonly gates: GateKeeper;
}

export function reportHandlers({ reports, gates }: Deps): Handlers<keyof typeof reportRoutes> {
  return {
    'reports.export': (request) => reports.exportFiles(request),
    'reports.preview': ({ runId, clusterBySpeaker, normalizer }) => reports.model(runId, clusterBySpeaker, normalizer),
    'reports.notes': async ({ runId }) => ({ notes: await reports.notes(runId) }),
    'reports.setNotes': async ({ runId, notes }) => {
      await reports.setNotes(runId, notes);
      return {};
    },
    'reports.judge': ({ runId, gate }) => gates.judge(runId, gate),
  };
}
