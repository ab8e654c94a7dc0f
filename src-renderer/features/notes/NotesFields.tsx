import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { LINE_FIELDS, LIST_FIELDS, type notesProblems, type NotesDraft, type NotesProblem } from './notesDraft.ts';

interface Props {
  readonly draft: NotesDraft;
  readonly problems: ReturnType<typeof notesProblems>;
  onChange(draft: NotesDraft): void;
}

export function NotesFields({ draft, problems, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <div className="notesLines">
        {LINE_FIELDS.map((field) => (
          <Labelled key={field} id={`notes-${field}`} label={t(`notes.${field}`)} problem={problems[field]}>
            <input
              id={`notes-${field}`}
              className="input"
              value={draft[field]}
              aria-invalid={problems[field] !== undefined}
              onChange={(event) => onChange({ ...draft, [field]: event.currentTarget.value })}
            />
          </Labelled>
        ))}
      </div>
      <Labelled id="notes-background" label={t('notes.background')} problem={problems.background}>
        <textarea
          id="notes-background"
          className="input"
          rows={3}
          value={draft.background}
          aria-invalid={problems.background !== undefined}
          onChange={(event) => onChange({ ...draft, background: event.currentTarget.value })}
        />
      </Labelled>
      <div className="notesLists">
        {LIST_FIELDS.map((field) => (
          <Labelled key={field} id={`notes-${field}`} label={t(`notes.${field}`)} hint={t('notes.onePerLine')} problem={problems[field]}>
            <textarea
              id={`notes-${field}`}
              className="input"
              rows={3}
              value={draft[field]}
              aria-invalid={problems[field] !== undefined}
              aria-describedby={`notes-${field}Hint`}
              onChange={(event) => onChange({ ...draft, [field]: event.currentTarget.value })}
            />
          </Labelled>
        ))}
      </div>
      <Pairs
        title={t('notes.risks')}
        add={t('notes.addRisk')}
        remove={(number) => t('notes.removeRisk', { number })}
        keys={['risk', 'mitigation']}
        labels={[t('notes.risk'), t('notes.mitigation')]}
        rows={draft.risks}
        empty={{ risk: '', mitigation: '' }}
        problem={problems.risks}
        onChange={(risks) => onChange({ ...draft, risks })}
      />
      <Pairs
        title={t('notes.links')}
        add={t('notes.addLink')}
        remove={(number) => t('notes.removeLink', { number })}
        keys={['title', 'url']}
        labels={[t('notes.linkTitle'), t('notes.linkUrl')]}
        rows={draft.links}
        empty={{ title: '', url: '' }}
        problem={problems.links}
        onChange={(links) => onChange({ ...draft, links })}
      />
    </>
  );
}

function Labelled({
  id,
  label,
  hint,
  problem,
  children,
}: {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly problem: NotesProblem | undefined;
  readonly children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint !== undefined && (
        <span className="hint" id={`${id}Hint`}>
          {hint}
        </span>
      )}
      {problem !== undefined && <span className="badText">{t(`notes.problem.${problem}`)}</span>}
    </div>
  );
}

interface PairsProps<Key extends string> {
  readonly title: string;
  readonly add: string;
  readonly keys: readonly [Key, Key];
  readonly labels: readonly [string, string];
  readonly rows: readonly Readonly<Record<Key, string>>[];
  readonly empty: Readonly<Record<Key, string>>;
  readonly problem: NotesProblem | undefined;
  remove(number: number): string;
  onChange(rows: readonly Readonly<Record<Key, string>>[]): void;
}

/** Rows of two texts that belong together. */
function Pairs<Key extends string>({ title, add, remove, keys, labels, rows, empty, problem, onChange }: PairsProps<Key>) {
  const { t } = useTranslation();
  return (
    <fieldset className="notesPairs">
      <legend>{title}</legend>
      {rows.map((row, index) => {
        // Rows have no identity but their place; only the last is ever added.
        const place = index;
        return (
          <div key={place} className="notesPair">
            {keys.map((key, column) => (
              <input
                key={key}
                className="input"
                aria-label={`${labels[column] ?? ''} ${index + 1}`}
                placeholder={labels[column]}
                value={row[key]}
                aria-invalid={problem !== undefined}
                onChange={(event) => onChange(rows.with(index, { ...row, [key]: event.currentTarget.value }))}
              />
            ))}
            <button
              type="button"
              className="button quiet icon"
              aria-label={remove(index + 1)}
              title={remove(index + 1)}
              onClick={() => onChange(rows.toSpliced(index, 1))}
            >
              <span aria-hidden="true">✕</span>
            </button>
          </div>
        );
      })}
      {problem !== undefined && <span className="badText">{t(`notes.problem.${problem}`)}</span>}
      <button type="button" className="button small" onClick={() => onChange([...rows, empty])}>
        {add}
      </button>
    </fieldset>
  );
}
