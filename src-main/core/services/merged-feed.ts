/**
 * Several streams as one, each item as soon as it is there. A stream is asked for its next item when the last one was
 * taken, so that a slow reader leaves the merging of what waits to the streams. Ends when one of them ends, or fails as it
 * does; the others must end with the signal that they were given.
 */
export async function* merged<T>(streams: readonly AsyncIterable<T>[]): AsyncGenerator<T, void, void> {
  const waiting: { readonly item: T; readonly taken: () => void }[] = [];
  let end: { readonly error: unknown } | 'done' | null = null;
  let wake: () => void = () => undefined;
  let isLeft = false;
  const pump = async (stream: AsyncIterable<T>): Promise<void> => {
    try {
      for await (const item of stream) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push({ item, taken: resolve });
        wake();
        await promise;
        // Leaving the loop ends the stream.
        if (isLeft) return;
      }
      end ??= 'done';
    } catch (error) {
      end ??= { error };
    }
    wake();
  };
  for (const stream of streams) void pump(stream);
  try {
    for (;;) {
      for (let next = waiting[0]; next; next = waiting[0]) {
        yield next.item;
        waiting.shift();
        next.taken();
      }
      const ended: { readonly error: unknown } | 'done' | null = end;
      if (ended !== null) {
        if (ended === 'done') return;
        throw (ended as { error: unknown }).error;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    isLeft = true;
    for (const { taken } of waiting) taken();
  }
}
