import type { Clock, Random } from "#core/ports.ts";
import { createDemoCards } from "#drivers/demo-cards.ts";
import type { Driver } from "#drivers/driver.ts";

/** A scanner that is not there: `perSecond` made-up cards a second until it is stopped. */
export function createDemoDriver(perSecond: number, clock: Clock, random: Random): Driver {
  return {
    device: "demo",
    kind: "demo",
    endsByItself: false,
    async *read(signal, report) {
      const cards = createDemoCards(random, () => clock.nowMs());
      const encoder = new TextEncoder();
      if (!signal.aborted) report.onOpen();
      while (!signal.aborted) {
        await clock.sleep(1_000 / perSecond, signal);
        if (signal.aborted) return;
        yield { bytes: encoder.encode(cards.next()), atMs: clock.nowMs(), device: "demo" };
      }
    },
  };
}
