import { useTranslation } from 'react-i18next';
import type { QueuedTask } from '#shared/contract/queue.ts';
import { useFormat } from '../../app/language.ts';
import type { QueuedList } from './queueLoader.ts';
import type { ItemMenu } from './useItemMenu.tsx';

interface Props {
  readonly list: QueuedList;
  readonly chosen: readonly QueuedTask[];
  readonly menu: ItemMenu;
  /** Before rows are moved. */
  onMove(): void;
}

/** Actions for the chosen rows; they keep their place, and without a choice they wait for one. */
export function QueuedTools({ list, chosen, menu, onMove }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { actions } = menu;
  const ids = chosen.map(({ itemId }) => itemId);
  const [only] = chosen;
  const isNone = only === undefined;
  const isAllHeld = !isNone && chosen.every(({ isHeld }) => isHeld);
  const place = (where: 'top' | 'next' | 'last'): void => {
    onMove();
    actions.place(ids, where);
  };
  const button = (text: string, onClick: () => void, isDisabled = isNone, className = 'button small') => (
    <button type="button" className={className} disabled={isDisabled} onClick={onClick}>
      {text}
    </button>
  );
  return (
    <div className="queuedTools">
      <span className="num dim" role="status">
        {t('queue.files.count', { count: list.total, number: format.number(list.total) })}
        {!isNone && ` · ${t('queue.files.selected', { count: ids.length, number: format.number(ids.length) })}`}
      </span>
      <div className="queuedButtons" role="toolbar" aria-label={t('queue.files.actions')}>
        {button(t('queue.files.toTop'), () => place('top'))}
        {button(t('queue.files.next'), () => place('next'))}
        {button(t('queue.files.last'), () => place('last'))}
        {button(t(isAllHeld ? 'queue.files.release' : 'queue.files.hold'), () => actions.hold(ids, !isAllHeld))}
        {button(t('queue.files.edit'), () => menu.edit(chosen))}
        {button(
          t(only?.isStopAfter === true ? 'queue.noStopAfter' : 'queue.stopAfter'),
          () => actions.stopAfter(isNone || only.isStopAfter ? null : only.itemId),
          ids.length !== 1,
        )}
        {button(t('queue.files.remove'), () => actions.remove(ids), isNone, 'button small danger')}
      </div>
    </div>
  );
}
