import { describe, expect, it } from 'vitest';
import type { RunNotes } from '#shared/contract/reports.ts';
import { isSameDraft, notesProblems, toDraft, toNotes } from './notesDraft.ts';

const full: RunNotes = {
  date: '2026-11-20',
  author: 'Kim',
  role: 'engineer',
  phase: 'rehearsal',
  background: 'Second night.\nNew model.',
  agenda: ['results', 'next run'],
  decisions: ['keep the model'],
  deliverables: ['report.pdf'],
  nextActions: ['retry the failed five'],
  risks: [{ risk: 'disk fills up', mitigation: 'remove uploads' }],
  links: [{ title: 'ticket', url: 'https://example.org/7' }],
};

describe('notes as they are typed', () => {
  it('keeps everything there and back', () => {
    expect(toNotes(toDraft(full))).toEqual(full);
  });

  it('keeps nothing of an empty form', () => {
    expect(toNotes(toDraft(null))).toBeNull();
    expect(
      toNotes({ ...toDraft(null), agenda: '\n \n', risks: [{ risk: ' ', mitigation: '' }], links: [{ title: '', url: '' }] }),
    ).toBeNull();
  });

  it('leaves out empty lines and spaces around', () => {
    expect(toNotes({ ...toDraft(null), author: '  Kim ', agenda: ' one \n\n two\n' })).toEqual({ author: 'Kim', agenda: ['one', 'two'] });
  });

  it.each([
    [{ author: 'x'.repeat(201) }, { author: 'tooLong' }],
    [{ agenda: 'a\n'.repeat(201) }, { agenda: 'tooLong' }],
    [{ risks: [{ risk: '', mitigation: 'a backup' }] }, { risks: 'needsRisk' }],
    [{ links: [{ title: 'ticket', url: ' ' }] }, { links: 'needsUrl' }],
    [{ risks: [{ risk: 'x'.repeat(4_001), mitigation: '' }] }, { risks: 'tooLong' }],
    [{ author: 'x'.repeat(200) }, {}],
  ] as const)('says what cannot be kept %#', (part, problems) => {
    expect(notesProblems({ ...toDraft(null), ...part })).toEqual(problems);
  });

  it('tells a change from a space', () => {
    const draft = toDraft(full);
    expect(isSameDraft(draft, { ...draft, author: 'Kim ' })).toBe(true);
    expect(isSameDraft(draft, { ...draft, author: 'Kim J.' })).toBe(false);
  });
});
