import { useState, type DragEvent } from 'react';
import type { QueuePlace } from '#shared/contract/queue.ts';

export interface RunDrag {
  readonly draggedId: number | null;
  /** A run dragged now would come before this one; 'end': behind all; null: nothing is dragged over the list. */
  readonly beforeId: number | 'end' | null;
  onStart(event: DragEvent, runId: number): void;
  onOver(event: DragEvent, runId: number): void;
  onDrop(event: DragEvent): void;
  onLeave(event: DragEvent): void;
  onEnd(): void;
}

/** Dragging a run to another place in the list. Files that are dragged over it are none of its business. */
export function useRunDrag(order: readonly number[], place: (runId: number, where: QueuePlace) => void): RunDrag {
  const [draggedId, setDraggedId] = useState<number | null>(null);
  const [beforeId, setBeforeId] = useState<RunDrag['beforeId']>(null);
  const end = (): void => {
    setDraggedId(null);
    setBeforeId(null);
  };
  return {
    draggedId,
    beforeId,
    onStart(event, runId) {
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', String(runId));
      setDraggedId(runId);
    },
    onOver(event, runId) {
      if (draggedId === null) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'move';
      const { top, height } = event.currentTarget.getBoundingClientRect();
      const isUpperHalf = event.clientY < top + height / 2;
      setBeforeId(isUpperHalf ? runId : (order[order.indexOf(runId) + 1] ?? 'end'));
    },
    onDrop(event) {
      if (draggedId === null || beforeId === null) return;
      event.preventDefault();
      const isHere = beforeId === draggedId || (order[order.indexOf(draggedId) + 1] ?? 'end') === beforeId;
      if (!isHere) place(draggedId, beforeId === 'end' ? 'last' : { beforeId });
      end();
    },
    onLeave(event) {
      if (event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return;
      setBeforeId(null);
    },
    onEnd: end,
  };
}
