/** What tells a running program to end in order. */
export type StopSignals = { readonly signal: AbortSignal; release(): void };

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const LOOK_EVERY_MS = 500;

/**
 * The first of: Ctrl-C, SIGTERM, a hang-up of the terminal, or the death of the npm that started us (npm dies of a
 * SIGTERM without passing it on). Later ones change nothing.
 */
export function stopOnSignals(): StopSignals {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const name of SIGNALS) process.on(name, stop);
  const parent = process.ppid;
  const isUnderNpm = process.env["npm_lifecycle_event"] !== undefined;
  const watch = isUnderNpm
    ? setInterval(() => {
        if (process.ppid !== parent) stop();
      }, LOOK_EVERY_MS)
    : undefined;
  return {
    signal: controller.signal,
    release() {
      clearInterval(watch);
      for (const name of SIGNALS) process.off(name, stop);
    },
  };
}
