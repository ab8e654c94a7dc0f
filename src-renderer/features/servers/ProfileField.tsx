import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../app/language.ts';
import type { Problem, Problems } from './profileProblems.ts';

interface FieldProps {
  /** Place in the profile: its id in the page, and where problems name it. */
  readonly place: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problems: Problems;
  children(attributes: {
    readonly id: string;
    readonly 'aria-invalid': boolean;
    readonly 'aria-describedby': string | undefined;
  }): ReactNode;
}

/** A labelled field with its hint, or what is wrong in it. */
export function ProfileField({ place, label, hint, problems, children }: FieldProps) {
  const id = fieldId(place);
  const problem = problems[place];
  const isDescribed = hint !== undefined || problem !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-invalid': problem !== undefined, 'aria-describedby': isDescribed ? `${id}Hint` : undefined })}
      {isDescribed && (
        <span className={problem === undefined ? 'hint' : 'hint badText'} id={`${id}Hint`}>
          {problem === undefined ? hint : <ProblemText problem={problem} />}
        </span>
      )}
    </div>
  );
}

export function fieldId(place: string): string {
  return `profile-${place.replaceAll('.', '-')}`;
}

export function ProblemText({ problem }: { readonly problem: Problem }) {
  const { t } = useTranslation();
  const format = useFormat();
  if ('bound' in problem) return t(`profile.wrong.${problem.key}`, { bound: format.number(problem.bound) });
  return 'key' in problem ? t(`profile.wrong.${problem.key}`) : problem.text;
}

interface TextProps extends Omit<FieldProps, 'children'> {
  readonly value: string;
  readonly kind?: 'text' | 'number' | 'secret';
  readonly placeholder?: string;
  readonly isReadOnly?: boolean;
  onChange(value: string): void;
}

/** A line of text, a number or a secret. */
export function TextField({ value, kind = 'text', placeholder, isReadOnly = false, onChange, ...field }: TextProps) {
  return (
    <ProfileField {...field}>
      {(attributes) => (
        <input
          {...attributes}
          className={kind === 'number' ? 'input num' : 'input'}
          type={kind === 'secret' ? 'password' : 'text'}
          inputMode={kind === 'number' ? 'decimal' : undefined}
          autoComplete={kind === 'secret' ? 'new-password' : 'off'}
          spellCheck={false}
          value={value}
          placeholder={placeholder}
          readOnly={isReadOnly}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </ProfileField>
  );
}

interface ChoiceProps<T extends string> extends Omit<FieldProps, 'children'> {
  readonly value: T;
  readonly choices: readonly (readonly [T, string])[];
  onChange(value: T): void;
}

/** One of a few. */
export function ChoiceField<T extends string>({ value, choices, onChange, ...field }: ChoiceProps<T>) {
  return (
    <ProfileField {...field}>
      {(attributes) => (
        <select
          {...attributes}
          className="select"
          value={value}
          onChange={(event) => {
            const chosen = choices.find(([choice]) => choice === event.currentTarget.value);
            if (chosen !== undefined) onChange(chosen[0]);
          }}
        >
          {choices.map(([choice, text]) => (
            <option key={choice} value={choice}>
              {text}
            </option>
          ))}
        </select>
      )}
    </ProfileField>
  );
}
