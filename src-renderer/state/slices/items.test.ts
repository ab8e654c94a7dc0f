import { describe, expect, it } from 'vitest';
import { buildRow } from '../../testing/builders.ts';
import { NO_PAGES } from '../itemPages.ts';
import { createPanelStore } from '../store.ts';
import { selectItemPages, selectSelectedItemId } from './items.ts';

describe('the list in the table', () => {
  it('shows nothing of run A while run B is being opened', () => {
    const store = createPanelStore();
    const ofA = { runId: 1, filter: 'all', search: '' } as const;
    const ofB = { ...ofA, runId: 2 };
    store.getState().openItems(ofA);
    store.getState().setItemPage(ofA, { page: 0, rows: [buildRow({ id: 7 })], total: 1, counts: {}, askedIn: 0 });
    store.getState().selectItem(7);
    expect(selectItemPages(ofA)(store.getState()).total).toBe(1);
    expect(selectSelectedItemId(1)(store.getState())).toBe(7);
    // The first frame of run B comes before its list is opened.
    expect(selectItemPages(ofB)(store.getState())).toBe(NO_PAGES);
    expect(selectSelectedItemId(2)(store.getState())).toBeNull();
    store.getState().openItems(ofB);
    expect(selectSelectedItemId(2)(store.getState())).toBeNull();
  });
});
