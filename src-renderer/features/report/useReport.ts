import { useState } from 'react';
import type { RouteOutput } from '#shared/contract/routes.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { exportInput, type ReportChoice } from './reportForm.ts';

export type Written = RouteOutput<'reports.export'>;

export type ReportStep =
  | { readonly step: 'choosing' }
  | { readonly step: 'writing' }
  | { readonly step: 'failed'; readonly error: WireError }
  /** `isBeside`: beside the results of the run, where a browser can download from. */
  | { readonly step: 'written'; readonly written: Written; readonly isBeside: boolean };

export interface ReportExport {
  readonly state: ReportStep;
  /** @param force writes over what is there */
  write(choice: ReportChoice, force: boolean): void;
  /** Back to the choice. */
  again(): void;
}

/** One export at a time; it goes on while its dialog is closed. */
export function useReport(runId: number): ReportExport {
  const client = useClient();
  const [state, setState] = useState<ReportStep>({ step: 'choosing' });
  return {
    state,
    write(choice, force) {
      const input = exportInput(runId, choice, force);
      setState({ step: 'writing' });
      client.request('reports.export', input).then(
        (written) => setState({ step: 'written', written, isBeside: input.folder === null }),
        (thrown: unknown) => setState({ step: 'failed', error: toWireError(thrown) }),
      );
    },
    again: () => setState({ step: 'choosing' }),
  };
}
