import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  readonly children: ReactNode;
}
interface State {
  readonly detail: string | null;
}

/** The last resort: what broke in the page never affects a run, and the page says so. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { detail: null };

  static getDerivedStateFromError(error: unknown): State {
    return { detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }

  override render(): ReactNode {
    return this.state.detail === null ? this.props.children : <Crash detail={this.state.detail} />;
  }
}

function Crash({ detail }: { readonly detail: string }) {
  const { t } = useTranslation();
  return (
    <main className="fullPage" role="alert">
      <h1>{t('crash.title')}</h1>
      <p>{t('crash.did')}</p>
      <p className="dim">{t('crash.advice')}</p>
      <button type="button" className="button primary" onClick={() => location.reload()}>
        {t('crash.reload')}
      </button>
      <pre className="crashDetail mono">{detail}</pre>
    </main>
  );
}
