import type { Database } from '../core/persistence/database.ts';
import type { OperationArgs, ReadName, Reads, WriteName, Writes } from '../core/persistence/operations/index.ts';

type Operation = WriteName | ReadName;
type ArgsOf<N extends Operation> = N extends WriteName ? OperationArgs<Writes[N]> : N extends ReadName ? OperationArgs<Reads[N]> : never;

/** One call that was stopped on its way. */
export interface Held {
  /** The call has got here and waits. */
  readonly isReached: boolean;
  /** Lets it go on. */
  release(): void;
}

interface Hook {
  readonly operation: Operation;
  readonly when: 'before' | 'after';
  matches(args: unknown): boolean;
  /** Throws, waits, or returns at once. */
  act(): void | Promise<void>;
  /** How many calls it still applies to. */
  left: number;
}

const NEVER = new Promise<never>(() => undefined);

/** A database whose calls a test can stop, fail or look at, one operation at a time; what is not hooked goes straight through. */
export class HookedDatabase implements Database {
  readonly #inner: Database;
  #hooks: Hook[] = [];
  readonly #held = new Set<PromiseWithResolvers<void>>();
  #isCut = false;

  constructor(inner: Database) {
    this.#inner = inner;
  }

  readonly read = ((operation: ReadName, args?: unknown) =>
    this.#pass(operation, args, () => (this.#inner.read as Forward)(operation, args))) as Database['read'];

  readonly write = ((operation: WriteName, args?: unknown) =>
    this.#pass(operation, args, () => (this.#inner.write as Forward)(operation, args))) as Database['write'];

  /**
   * Stops the next call of the operation: `before` it is carried out, or `after`, when it is committed but its caller does not know yet.
   * @param where only calls with such arguments
   */
  hold<N extends Operation>(operation: N, when: 'before' | 'after', where: (args: ArgsOf<N>) => boolean = () => true): Held {
    const gate = Promise.withResolvers<void>();
    let isReached = false;
    this.#held.add(gate);
    this.#hooks.push({
      operation,
      when,
      matches: (args) => where(args as ArgsOf<N>),
      act: () => {
        isReached = true;
        return gate.promise;
      },
      left: 1,
    });
    return {
      get isReached() {
        return isReached;
      },
      release: () => gate.resolve(),
    };
  }

  /** Fails the next `times` calls of the operation instead of carrying them out. */
  fail<N extends Operation>(operation: N, error: Error, { times = 1, where = (_: ArgsOf<N>): boolean => true } = {}): void {
    this.#hooks.push({
      operation,
      when: 'before',
      matches: (args) => where(args as ArgsOf<N>),
      act: () => {
        throw error;
      },
      left: times,
    });
  }

  /** Forgets all hooks and lets go on what is held. */
  unhook(): void {
    this.#hooks = [];
    for (const gate of this.#held) gate.resolve();
    this.#held.clear();
  }

  /** As if the process behind it was killed: no call goes through and none is answered any more. */
  cut(): void {
    this.#isCut = true;
  }

  async close(): Promise<void> {
    this.unhook();
    await this.#inner.close();
  }

  async #pass(operation: Operation, args: unknown, forward: () => Promise<unknown>): Promise<unknown> {
    // NOTE: without a hook the call is made at once: the order of the calls is the order of the writes.
    const before = this.#take(operation, 'before', args);
    if (before !== null) await before.act();
    if (this.#isCut) return await NEVER;
    const answer = await forward();
    const after = this.#take(operation, 'after', args);
    if (after !== null) await after.act();
    return this.#isCut ? await NEVER : answer;
  }

  #take(operation: Operation, when: Hook['when'], args: unknown): Hook | null {
    const hook = this.#hooks.find((entry) => entry.operation === operation && entry.when === when && entry.left > 0 && entry.matches(args));
    if (hook === undefined) return null;
    hook.left -= 1;
    return hook;
  }
}

type Forward = (operation: Operation, args: unknown) => Promise<unknown>;
