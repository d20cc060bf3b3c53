import type { VerdictView } from "#contract/bridge.ts";
import type { Credential } from "#core/credential.ts";
import type { PersonHere } from "#core/decide.ts";

/** Whoever passed a lane last, and the verdict that was shown for it. */
export type LastHere = {
  readonly person: PersonHere;
  readonly credential: Credential;
  readonly shown: VerdictView;
};

/** Remembers the last passage of each lane, in memory only: what is shown next may belong to it. */
export type LastHereMemory = {
  /** A passage without an entry or a verdict is none, and changes nothing. */
  remember(lane: string, credential: Credential, outcome: Passage, monoMs: number): void;
  at(lane: string, monoMs: number): LastHere | null;
  /** Whoever passed last at any lane; null: nobody within `withinMs`. */
  latest(monoMs: number, withinMs: number): LastHere | null;
};

type Passage = { readonly eventId: string | null; readonly verdict: VerdictView | null };

/** Keeps one passage per lane. */
export function createLastHereMemory(): LastHereMemory {
  const byLane = new Map<string, LastHere & { readonly monoMs: number }>();
  return {
    remember(lane, credential, { eventId, verdict }, monoMs) {
      if (eventId === null || verdict === null) return;
      const { name, birthDate } = credential;
      const person = { entryId: eventId, name, birthDate, agoMs: 0 };
      byLane.set(lane, { person, credential, shown: verdict, monoMs });
    },
    at(lane, monoMs) {
      const last = byLane.get(lane);
      return last === undefined ? null : seenFrom(last, monoMs);
    },
    latest(monoMs, withinMs) {
      const [newest] = [...byLane.values()].toSorted((one, other) => other.monoMs - one.monoMs);
      if (newest === undefined || monoMs - newest.monoMs >= withinMs) return null;
      return seenFrom(newest, monoMs);
    },
  };
}

function seenFrom(last: LastHere & { readonly monoMs: number }, nowMs: number): LastHere {
  const { person, credential, shown, monoMs } = last;
  return { person: { ...person, agoMs: nowMs - monoMs }, credential, shown };
}
