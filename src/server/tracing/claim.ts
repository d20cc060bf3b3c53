import type { Visit } from "#server/tracing/visit.ts";

/**
 * A visit that rests on the person's own word. It may have been, somewhere between its first and last moment, and it is
 * certain at no moment. Claims are paired among themselves: a false one must not end a visit that somebody saw.
 */
export function asPossible(visit: Visit): Visit {
  const firstMs = visit.entered.loMs;
  const lastMs = Math.max(firstMs, visit.left.hiMs);
  return {
    ...visit,
    entered: { loMs: firstMs, midMs: lastMs, hiMs: lastMs },
    left: { loMs: firstMs, midMs: firstMs, hiMs: lastMs },
    isEntrySeen: false,
    exitKnown: "unknown",
  };
}
