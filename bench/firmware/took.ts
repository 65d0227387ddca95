/** How long something takes, by the clock on the wall and by the processor. */

/** Milliseconds. */
export interface Took {
  readonly time: number;
  /** Of this process, all its threads. */
  readonly processor: number;
}

export async function timed(work: () => Promise<void>): Promise<Took> {
  const [started, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { time: performance.now() - started, processor: (user + system) / 1000 };
}
