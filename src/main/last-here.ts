import type { VerdictView } from "#contract/bridge.ts";
import type { Credential } from "#core/credential.ts";
import type { PersonHere } from "#core/decide.ts";

/** Whoever passed a lane last, and the verdict that was shown for it. */
export type LastHere = { readonly person: PersonHere; readonly shown: VerdictView };

/** Remembers the last passage of each lane, in memory only: what is shown next may belong to it. */
export type LastHereMemory = {
  /** A passage without an entry or a verdict is none, and changes nothing. */
  remember(lane: string, credential: Credential, outcome: Passage, monoMs: number): void;
  at(lane: string, monoMs: number): LastHere | null;
};

type Passage = { readonly eventId: string | null; readonly verdict: VerdictView | null };

/** Keeps one passage per lane. */
export function createLastHereMemory(): LastHereMemory {
  const byLane = new Map<string, LastHere & { readonly monoMs: number }>();
  return {
    remember(lane, { name, birthDate }, { eventId, verdict }, monoMs) {
      if (eventId === null || verdict === null) return;
      const person = { entryId: eventId, name, birthDate, agoMs: 0 };
      byLane.set(lane, { person, shown: verdict, monoMs });
    },
    at(lane, monoMs) {
      const last = byLane.get(lane);
      if (last === undefined) return null;
      return { person: { ...last.person, agoMs: monoMs - last.monoMs }, shown: last.shown };
    },
  };
}
