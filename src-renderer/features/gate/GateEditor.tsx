import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat, useLocale } from '../../app/language.ts';
import { EXAMPLE_GATE, gateText, MAX_GATE_BYTES, readGate } from './gateText.ts';
import './gate.css';

interface Props {
  readonly id: string;
  readonly text: string;
  onChange(text: string): void;
}

/** Rules from a file, typed, or begun from an example; says at once what is wrong and where. */
export function GateEditor({ id, text, onChange }: Props) {
  const { t } = useTranslation();
  const locale = useLocale();
  const format = useFormat();
  const fileInput = useRef<HTMLInputElement>(null);
  const [isTooLarge, setTooLarge] = useState(false);
  const read = readGate(text, locale);
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setTooLarge(file.size > MAX_GATE_BYTES);
    if (file.size <= MAX_GATE_BYTES) onChange(await file.text());
  };
  return (
    <div className="field gateEditor">
      <label htmlFor={id}>{t('gate.rules')}</label>
      <textarea
        id={id}
        className="input"
        rows={text === '' ? 3 : 10}
        spellCheck={false}
        value={text}
        placeholder={t('gate.placeholder')}
        aria-invalid={read !== null && 'problem' in read}
        aria-describedby={`${id}State`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <div className="gateButtons">
        <button type="button" className="button small" onClick={() => fileInput.current?.click()}>
          {t('gate.chooseFile')}
        </button>
        <button type="button" className="button small" onClick={() => onChange(gateText(EXAMPLE_GATE))}>
          {t('gate.example')}
        </button>
        {text !== '' && (
          <button type="button" className="button small quiet" onClick={() => onChange('')}>
            {t('gate.clear')}
          </button>
        )}
        <input
          ref={fileInput}
          type="file"
          hidden
          accept="application/json,.json"
          onChange={(event) => {
            void take(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      <p role="status" id={`${id}State`} className={read !== null && 'gate' in read ? 'dim' : 'badText'}>
        {isTooLarge && t('gate.tooLarge')}
        {!isTooLarge &&
          read !== null &&
          'problem' in read &&
          (read.problem.place === null
            ? t('gate.noJson', { message: read.problem.message })
            : t('gate.problem', { place: read.problem.place, message: read.problem.message ?? t('gate.needsBound') }))}
        {!isTooLarge &&
          read !== null &&
          'gate' in read &&
          t('gate.ruleCount', { count: read.gate.rules.length, number: format.number(read.gate.rules.length) })}
      </p>
    </div>
  );
}
