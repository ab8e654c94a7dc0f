import { useState, type ReactNode } from 'react';
import { wholeNumber, type InvalidField } from './optionInput.ts';

/** A labelled control; a hint is told with it. */
export function Field({
  id,
  label,
  hint,
  children,
}: {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint !== undefined && (
        <span className="hint" id={`${id}Hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface NumberProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly value: number | null;
  readonly min: number;
  readonly max: number;
  /** An empty field is no choice. */
  readonly needsNumber?: boolean;
  onChange(value: number | null): void;
  onValidity(field: InvalidField, isValid: boolean): void;
}

/** A whole number or nothing; what cannot be used is marked, told and not passed on. */
export function NumberField({ id, label, hint, value, min, max, needsNumber = false, onChange, onValidity }: NumberProps) {
  const [text, setText] = useState(value === null ? '' : String(value));
  const read = (entered: string): number | null | undefined => {
    const parsed = wholeNumber(entered, min, max);
    return parsed === null && needsNumber ? undefined : parsed;
  };
  return (
    <Field id={id} label={label} {...(hint === undefined ? {} : { hint })}>
      <input
        id={id}
        className="input num"
        inputMode="numeric"
        value={text}
        aria-invalid={read(text) === undefined}
        aria-describedby={hint === undefined ? undefined : `${id}Hint`}
        onChange={(event) => {
          setText(event.currentTarget.value);
          const next = read(event.currentTarget.value);
          onValidity({ id, label, min, max, canBeEmpty: !needsNumber }, next !== undefined);
          if (next !== undefined) onChange(next);
        }}
      />
    </Field>
  );
}
