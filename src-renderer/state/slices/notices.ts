import type { WireError } from '#shared/errors/nightshiftError.ts';
import type { Change } from '../store.ts';

/** Something the user asked for did not work, or a short confirmation. */
export type Notice =
  | { readonly id: number; readonly kind: 'error'; readonly error: WireError }
  | { readonly id: number; readonly kind: 'info'; readonly text: string };

export type NewNotice = { readonly kind: 'error'; readonly error: WireError } | { readonly kind: 'info'; readonly text: string };

/** More than this many at once are noise: the oldest goes. */
const KEPT_NOTICES = 3;

export interface NoticesSlice {
  readonly notices: readonly Notice[];
  readonly lastNoticeId: number;
  addNotice(notice: NewNotice): void;
  dismissNotice(id: number): void;
}

export function createNoticesSlice(change: Change): NoticesSlice {
  return {
    notices: [],
    lastNoticeId: 0,
    addNotice: (notice) =>
      change((state) => {
        const id = state.lastNoticeId + 1;
        return { lastNoticeId: id, notices: [...state.notices, { ...notice, id }].slice(-KEPT_NOTICES) };
      }),
    dismissNotice: (id) => change((state) => ({ notices: state.notices.filter((notice) => notice.id !== id) })),
  };
}
