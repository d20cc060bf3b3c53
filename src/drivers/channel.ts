/** A queue between a source that calls back and a consumer that iterates. */
export type Channel<Item extends object> = {
  /** For one consumer. Ends after {@link end} once everything was taken, at once after {@link cancel}. */
  readonly items: AsyncIterable<Item, void>;
  /** Takes an item; nothing is taken after the end. */
  push(item: Item): void;
  isFull(): boolean;
  /** Resolves when there is room, or when nobody will ever take anything again. */
  room(): Promise<void>;
  /** No more items come. Those already in the queue are still delivered, then `error` is thrown if there is one. */
  end(error?: Error): void;
  /** Nobody wants the rest: the iteration ends without an error, what is in the queue is given up. */
  cancel(): void;
};

/** Holds about `limit` items: whoever pushes asks {@link Channel.isFull} and waits for {@link Channel.room}. */
export function createChannel<Item extends object>(limit: number): Channel<Item> {
  let queue: Item[] = [];
  let closing: { readonly error: Error | undefined } | null = null;
  let wakeConsumer: (() => void) | null = null;
  let wakeProducers: (() => void)[] = [];

  const makeRoom = () => {
    for (const wake of wakeProducers.splice(0)) wake();
  };
  async function* drain() {
    for (;;) {
      const item = queue.shift();
      if (queue.length < limit) makeRoom();
      if (item !== undefined) {
        yield item;
      } else if (closing === null) {
        await new Promise<void>((resolve) => (wakeConsumer = resolve));
      } else if (closing.error === undefined) {
        return;
      } else {
        throw closing.error;
      }
    }
  }

  return {
    items: drain(),
    push(item) {
      if (closing !== null) return;
      queue.push(item);
      wakeConsumer?.();
    },
    isFull: () => queue.length >= limit,
    async room() {
      if (closing !== null || queue.length < limit) return;
      await new Promise<void>((resolve) => wakeProducers.push(resolve));
    },
    end(error) {
      closing ??= { error };
      makeRoom();
      wakeConsumer?.();
    },
    cancel() {
      closing = { error: undefined };
      queue = [];
      makeRoom();
      wakeConsumer?.();
    },
  };
}
