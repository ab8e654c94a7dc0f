import { useTranslation } from 'react-i18next';
import { useFormat } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';

/** Which model, decoder and data folder a run would use, and a warning when it could not run at all. */
export function SetupFacts() {
  const { t } = useTranslation();
  const format = useFormat();
  const system = usePanel((state) => state.system);
  if (system === null) return null;
  const { decoder, model, modelError, dataDir } = system;
  return (
    <section className="setup" aria-labelledby="setupTitle">
      <h2 id="setupTitle">{t('newRun.setup')}</h2>
      {decoder.route === null && (
        <div className="note bad" role="alert">
          <strong>{t('newRun.noDecoderTitle')}</strong>
          <span>{t('newRun.noDecoderText')}</span>
          <div className="actions">
            <a className="button small" href={hrefOf({ screen: 'settings' })}>
              {t('error.openSettings')}
            </a>
          </div>
        </div>
      )}
      {modelError !== null && <ErrorNote error={modelError} />}
      <dl className="facts">
        <div>
          <dt>{t('newRun.model')}</dt>
          <dd>
            {model === null ? t('newRun.noModel') : model.name}
            {model?.vocabularyWords != null && (
              <span className="dim"> · {t('newRun.vocabulary', { words: format.number(model.vocabularyWords) })}</span>
            )}
          </dd>
        </div>
        <div>
          <dt>{t('newRun.decoder')}</dt>
          <dd>{decoder.route === null ? t('newRun.noDecoder') : [decoder.route, decoder.version ?? ''].join(' ').trim()}</dd>
        </div>
        <div>
          <dt>{t('newRun.dataFolder')}</dt>
          <dd className="wrapAnywhere">{dataDir}</dd>
        </div>
      </dl>
    </section>
  );
}
