import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { SettingsSchema, type Settings } from '#shared/contract/settings.ts';
import type { ModelInfo, SystemInfo } from '#shared/contract/system.ts';
import { useClient } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { wholeNumber } from '../newRun/optionInput.ts';
import { AlertSettings } from './AlertSettings.tsx';
import { BackupSettings } from './BackupSettings.tsx';
import { StorageSettings } from './StorageSettings.tsx';
import { useSave } from './useSave.ts';
import './settings.css';

/** Settings of the data folder; every change is saved at once. */
export function SettingsScreen() {
  const { t } = useTranslation();
  const settings = usePanel((state) => state.settings);
  const system = usePanel((state) => state.system);
  if (settings === null || system === null) return null;
  return (
    <div className="screen settingsScreen">
      <div className="screenHead">
        <div>
          <h1>{t('settings.title')}</h1>
          <p className="sub">{t('settings.sub')}</p>
        </div>
      </div>
      <PanelSettings settings={settings} />
      <ModelSettings settings={settings} system={system} />
      <DecoderSettings settings={settings} system={system} />
      <PortSettings key={JSON.stringify(settings.ports)} settings={settings} />
      <AlertSettings key={JSON.stringify(settings.alerts)} rules={settings.alerts} />
      <BackupSettings settings={settings.backups} />
      <StorageSettings key={JSON.stringify(settings.retention)} settings={settings.retention} audioCacheMb={settings.audioCacheMb} />
      <About system={system} />
    </div>
  );
}

function PanelSettings({ settings }: { readonly settings: Settings }) {
  const { t } = useTranslation();
  const { save } = useSave();
  return (
    <section className="card settingsCard" aria-labelledby="panelTitle">
      <h2 id="panelTitle">{t('settings.panel')}</h2>
      <div className="fieldRow">
        <div className="field">
          <label htmlFor="settingLanguage">{t('settings.language')}</label>
          <select
            id="settingLanguage"
            className="select"
            value={settings.language}
            onChange={(event) => save({ language: SettingsSchema.shape.language.parse(event.currentTarget.value) })}
          >
            <option value="auto">{t('settings.languageAuto')}</option>
            <option value="en" lang="en">
              English
            </option>
            <option value="ko" lang="ko">
              한국어
            </option>
          </select>
        </div>
        <div className="field">
          <label htmlFor="settingTheme">{t('settings.theme')}</label>
          <select
            id="settingTheme"
            className="select"
            value={settings.theme}
            onChange={(event) => save({ theme: SettingsSchema.shape.theme.parse(event.currentTarget.value) })}
          >
            <option value="system">{t('settings.themeSystem')}</option>
            <option value="light">{t('settings.themeLight')}</option>
            <option value="dark">{t('settings.themeDark')}</option>
          </select>
        </div>
        <div className="field">
          <label htmlFor="settingInterrupted">{t('settings.interrupted')}</label>
          <select
            id="settingInterrupted"
            className="select"
            value={settings.resumeInterrupted}
            onChange={(event) => save({ resumeInterrupted: SettingsSchema.shape.resumeInterrupted.parse(event.currentTarget.value) })}
          >
            <option value="ask">{t('settings.interruptedAsk')}</option>
            <option value="auto">{t('settings.interruptedAuto')}</option>
          </select>
        </div>
      </div>
    </section>
  );
}

function ModelSettings({ settings, system }: { readonly settings: Settings; readonly system: SystemInfo }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const { save, isBusy } = useSave();
  const [models, setModels] = useState<readonly ModelInfo[]>([]);
  const [folder, setFolder] = useState(settings.model ?? '');
  const [error, setError] = useState<WireError | null>(null);
  useEffect(() => {
    let isCurrent = true;
    client.request('models.list', {}).then(
      (found) => {
        if (isCurrent) setModels(found.models);
      },
      (thrown: unknown) => {
        if (isCurrent) setError(toWireError(thrown));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [client, settings.model]);

  const check = async (): Promise<void> => {
    try {
      const model = await client.request('models.check', { path: folder.trim() });
      setError(null);
      save({ model: model.path });
    } catch (thrown) {
      setError(toWireError(thrown));
    }
  };

  return (
    <section className="card settingsCard" aria-labelledby="modelTitle">
      <h2 id="modelTitle">{t('settings.model')}</h2>
      {system.modelError !== null && <ErrorNote error={system.modelError} />}
      <ul className="models">
        {models.map((model) => {
          const isUsed = system.model?.path === model.path;
          return (
            <li key={model.path}>
              <span className="modelText">
                <b>{model.isSample ? t('settings.modelSample', { words: format.number(model.vocabularyWords ?? 0) }) : model.name}</b>
                <span className="dim">{model.modes.map((mode) => t(`mode.${mode}`)).join(', ')}</span>
                <code className="faint wrapAnywhere">{model.path}</code>
              </span>
              {isUsed ? (
                <span className="pill ok">{t('settings.inUse')}</span>
              ) : (
                <button
                  type="button"
                  className="button small"
                  disabled={isBusy}
                  onClick={() => save({ model: model.isSample ? null : model.path })}
                >
                  {t('settings.modelUse', { name: model.name })}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          if (folder.trim() !== '') void check();
        }}
      >
        <label htmlFor="modelFolder">{t('settings.modelFolder')}</label>
        <div className="inputRow">
          <input
            id="modelFolder"
            className="input"
            value={folder}
            spellCheck={false}
            autoComplete="off"
            aria-describedby="modelFolderHint"
            onChange={(event) => setFolder(event.currentTarget.value)}
          />
          <button type="submit" className="button" disabled={isBusy || folder.trim() === ''}>
            {t('settings.modelCheck')}
          </button>
        </div>
        <span className="hint" id="modelFolderHint">
          {t('settings.modelFolderHint')}
        </span>
      </form>
      {error !== null && <ErrorNote error={error} />}
    </section>
  );
}

function DecoderSettings({ settings, system }: { readonly settings: Settings; readonly system: SystemInfo }) {
  const { t } = useTranslation();
  const { save, isBusy } = useSave();
  const [path, setPath] = useState(settings.ffmpegPath ?? '');
  const { route, version } = system.decoder;
  return (
    <section className="card settingsCard" aria-labelledby="decoderTitle">
      <h2 id="decoderTitle">{t('settings.decoder')}</h2>
      <p className={route === null ? 'badText' : 'dim'}>
        {route === null ? t('settings.decoderNone') : t('settings.decoderNow', { route, version: version ?? '' })}
      </p>
      <div className="fieldRow">
        <div className="field">
          <label htmlFor="settingDecoder">{t('settings.decoder')}</label>
          <select
            id="settingDecoder"
            className="select"
            value={settings.decoder}
            onChange={(event) => save({ decoder: SettingsSchema.shape.decoder.parse(event.currentTarget.value) })}
          >
            <option value="auto">{t('settings.decoderAuto')}</option>
            <option value="node-av">{t('settings.decoderNodeAv')}</option>
            <option value="ffmpeg">{t('settings.decoderFfmpeg')}</option>
          </select>
        </div>
        <form
          className="field"
          onSubmit={(event) => {
            event.preventDefault();
            save({ ffmpegPath: path.trim() === '' ? null : path.trim() });
          }}
        >
          <label htmlFor="ffmpegPath">{t('settings.ffmpegPath')}</label>
          <div className="inputRow">
            <input
              id="ffmpegPath"
              className="input"
              value={path}
              spellCheck={false}
              autoComplete="off"
              aria-describedby="ffmpegHint"
              onChange={(event) => setPath(event.currentTarget.value)}
            />
            <button type="submit" className="button" disabled={isBusy || path.trim() === (settings.ffmpegPath ?? '')}>
              {t('settings.save')}
            </button>
          </div>
          <span className="hint" id="ffmpegHint">
            {t('settings.ffmpegHint')}
          </span>
        </form>
      </div>
    </section>
  );
}

function PortSettings({ settings }: { readonly settings: Settings }) {
  const { t } = useTranslation();
  const { save, isBusy } = useSave();
  const [texts, setTexts] = useState<Record<Mode, string>>({
    streaming: String(settings.ports.streaming),
    chunked: String(settings.ports.chunked),
    original: String(settings.ports.original),
  });
  const parsed = { streaming: portOf(texts.streaming), chunked: portOf(texts.chunked), original: portOf(texts.original) };
  // Three servers cannot share a port.
  const isValid = MODES.every((mode) => parsed[mode] !== null) && new Set(Object.values(parsed)).size === MODES.length;
  const isChanged = MODES.some((mode) => parsed[mode] !== settings.ports[mode]);
  return (
    <section className="card settingsCard" aria-labelledby="portsTitle">
      <h2 id="portsTitle">{t('settings.ports')}</h2>
      <form
        className="fieldRow ports"
        onSubmit={(event) => {
          event.preventDefault();
          const { streaming, chunked, original } = parsed;
          if (streaming !== null && chunked !== null && original !== null) save({ ports: { streaming, chunked, original } });
        }}
      >
        {MODES.map((mode) => (
          <div key={mode} className="field">
            <label htmlFor={`port${mode}`}>{t(`mode.${mode}`)}</label>
            <input
              id={`port${mode}`}
              className="input num"
              inputMode="numeric"
              value={texts[mode]}
              aria-invalid={parsed[mode] === null}
              aria-describedby="portHint"
              onChange={(event) => setTexts({ ...texts, [mode]: event.currentTarget.value })}
            />
          </div>
        ))}
        <button type="submit" className="button" disabled={isBusy || !isValid || !isChanged}>
          {t('settings.save')}
        </button>
      </form>
      <span className="faint" id="portHint">
        {t('settings.portInvalid')}
      </span>
    </section>
  );
}

function portOf(text: string): number | null {
  return wholeNumber(text, 1, 65_535) ?? null;
}

function About({ system }: { readonly system: SystemInfo }) {
  const { t } = useTranslation();
  const facts = [
    [t('settings.version'), system.version],
    [t('settings.dataFolder'), system.dataDir],
    [t('settings.process'), String(system.pid)],
    [t('settings.node'), `${system.nodeVersion} · ${system.platform}`],
  ] as const;
  return (
    <section className="card settingsCard" aria-labelledby="aboutTitle">
      <h2 id="aboutTitle">{t('settings.about')}</h2>
      <dl className="aboutFacts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="wrapAnywhere num">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
