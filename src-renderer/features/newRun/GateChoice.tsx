import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Gate } from '#shared/contract/gate.ts';
import type { RunOptions } from '#shared/contract/runs.ts';
import { useLocale } from '../../app/language.ts';
import { GateEditor } from '../gate/GateEditor.tsx';
import { gateText, readGate } from '../gate/gateText.ts';

interface Props {
  readonly options: RunOptions;
  onChange(gate: Gate | null): void;
  /** False while the text is no set of rules. */
  onValidity(isValid: boolean): void;
}

/** Rules the run is judged by when it has finished; none by default. */
export function GateChoice({ options, onChange, onValidity }: Props) {
  const { t } = useTranslation();
  const locale = useLocale();
  const [text, setText] = useState(options.gate === null ? '' : gateText(options.gate));
  return (
    <fieldset className="gateChoice">
      <legend className="dim">{t('gate.choose')}</legend>
      <GateEditor
        id="newRunGate"
        text={text}
        onChange={(next) => {
          setText(next);
          const read = readGate(next, locale);
          onValidity(read === null || 'gate' in read);
          if (read === null) onChange(null);
          else if ('gate' in read) onChange(read.gate);
        }}
      />
    </fieldset>
  );
}
