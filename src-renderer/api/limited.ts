type Task<Value> = () => Promise<Value>;

/** Runs tasks, `most` at a time, in the order they came: a browser has six connections for all that a page asks. */
export function limited(most: number): <Value>(task: Task<Value>) => Promise<Value> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await task();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
