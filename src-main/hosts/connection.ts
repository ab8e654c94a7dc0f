/** Whether the owner behind a client answers. Who serves a client on tells its consumers, or a frozen run would look like a live one. */
export interface Connection {
  readonly isLost: boolean;
  /** Called at every change; the returned function ends it. */
  onChange(listener: (isLost: boolean) => void): () => void;
}

/** A connection that stands until `set` says otherwise. */
export function createConnection(): Connection & { set(isLost: boolean): void } {
  const listeners = new Set<(isLost: boolean) => void>();
  let isLost = false;
  return {
    get isLost() {
      return isLost;
    },
    onChange(listener) {
      const own = (next: boolean): void => listener(next);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    set(next) {
      if (next === isLost) return;
      isLost = next;
      for (const listener of listeners) listener(next);
    },
  };
}
