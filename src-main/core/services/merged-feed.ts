/**
 * Several streams as one, each item as soon as it is there. Ends when the signal does or when one of them ends; the others
 * are then ended too.
 */
export async function* merged<T>(
  streams: readonly AsyncGenerator<T, void, void>[],
  signal: AbortSignal,
): AsyncGenerator<T, void, void> {
  const next = new Map(streams.map((stream) => [stream, stream.next()]));
  try {
    while (!signal.aborted) {
      const first = await Promise.race([...next].map(async ([stream, result]) => ({ stream, result: await result })));
      if (first.result.done === true) return;
      next.set(first.stream, first.stream.next());
      yield first.result.value;
    }
  } finally {
    // Not awaited: a stream that waits for its next item ends with the signal.
    for (const stream of streams) void stream.return();
  }
}
