/**
 * Saves one change at a time; what is changed while one is being saved is put together and saved next, the latest value of a key wins.
 * @param onBusy called when saving begins and when nothing is left
 */
export function createSaveQueue<T extends object>(
  save: (part: Partial<T>) => Promise<void>,
  onBusy: (isBusy: boolean) => void,
  onError: (error: unknown) => void,
): (part: Partial<T>) => void {
  let waiting: Partial<T> | null = null;
  let isSaving = false;
  const saveAll = async (): Promise<void> => {
    isSaving = true;
    onBusy(true);
    for (let part = waiting; part !== null; part = waiting) {
      waiting = null;
      try {
        await save(part);
      } catch (error) {
        onError(error);
      }
    }
    isSaving = false;
    onBusy(false);
  };
  return (part) => {
    waiting = { ...waiting, ...part };
    if (!isSaving) void saveAll();
  };
}
