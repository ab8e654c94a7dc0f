import { useEffect } from 'react';

/** Dragged files, as opposed to text dragged within the page. */
function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') === true;
}

/** A file let go anywhere must not make the browser leave the panel for it; screens that take files come first. */
export function useDropGuard(): void {
  useEffect(() => {
    const refuse = (event: DragEvent): void => {
      if (event.defaultPrevented || !carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'none';
    };
    addEventListener('dragover', refuse);
    addEventListener('drop', refuse);
    return () => {
      removeEventListener('dragover', refuse);
      removeEventListener('drop', refuse);
    };
  }, []);
}

/**
 * Takes files let go anywhere in the window while the component is there.
 * @param onOver files came over the window or left it
 * @param isWanted otherwise the guard of the page refuses them
 */
export function useFileDrop(onDrop: (files: DataTransfer) => void, onOver: (isOver: boolean) => void, isWanted = true): void {
  useEffect(() => {
    if (!isWanted) return undefined;
    const over = (event: DragEvent): void => {
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      onOver(true);
    };
    // Without a related target the pointer left the window; otherwise only the element below it changed.
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) onOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      onOver(false);
      onDrop(event.dataTransfer);
    };
    // While the event goes down, so that the guard of the page finds it taken.
    addEventListener('dragover', over, { capture: true });
    addEventListener('dragleave', leave, { capture: true });
    addEventListener('drop', drop, { capture: true });
    return () => {
      removeEventListener('dragover', over, { capture: true });
      removeEventListener('dragleave', leave, { capture: true });
      removeEventListener('drop', drop, { capture: true });
    };
  }, [onDrop, onOver, isWanted]);
}
