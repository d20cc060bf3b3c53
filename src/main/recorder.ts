import { v7 as uuidv7 } from "uuid";
import type { PersonalBody } from "#contract/wire.ts";
import type { Credential } from "#core/credential.ts";
import { localDay } from "#core/dates.ts";
import type { AcceptedEntry, AttachedCertificate } from "#core/decide.ts";
import type { EntryFlag, EventDraft, ReadablePerson } from "#core/entry.ts";
import type { Clock, Random } from "#core/ports.ts";
import type { Rules } from "#core/rules.ts";
import type { Scan } from "#core/scan.ts";
import { foldName, maskNumber } from "#core/vietnamese.ts";
import type { Sealer } from "#sealing/sealed-body.ts";
import type { EntryBook, Recorded } from "#storage/entry-book.ts";
import type { OffsetNow } from "#sync/clock-offset.ts";

export type RecorderParts = {
  readonly book: EntryBook;
  readonly clock: Clock;
  readonly random: Random;
  /** One per start of the program: the monotonic clock means something only within it. */
  readonly bootId: string;
  readonly sealer: Sealer;
  readonly offset: () => OffsetNow | null;
  readonly rules: () => Rules;
  /** Keyed hash (hex) of an identity under this station's own key; joins entries of one person here and nowhere else. */
  readonly hashPerson: (identity: string) => string;
};

/** Writes decisions into the book. Every method throws NotSaved when the disk refuses. */
export type Recorder = {
  entry(scan: Scan, lane: LaneName, credential: Credential, decision: AcceptedEntry): Recorded;
  stop(scan: Scan, lane: LaneName, credential: Credential, caseNumber: string): Recorded;
  /** No content: only which format it looked like, why it failed, and how long it was. */
  unread(scan: Scan, lane: LaneName, format: string, reason: string): Recorded;
  /** That the person of an entry showed a health certificate, and what it was worth; nothing of what it says. */
  attachment(scan: Scan, lane: LaneName, attached: AttachedCertificate): Recorded;
  /** An event without a person: undo, change of mode, clock jump, what was done about a stop. */
  note(type: EventDraft["type"], lane: string, details: EventDraft["details"]): Recorded;
};

type LaneName = { readonly name: string };

/** Before this the program did not exist: a clock that says so is wrong, and the entry says that it is. */
const EARLIEST_TRUE_MS = Date.UTC(2026, 0, 1);

export function createRecorder(parts: RecorderParts): Recorder {
  const record = (changes: DraftChanges) => parts.book.record(newDraft(parts, changes));
  return {
    entry(scan, lane, credential, decision) {
      const eventId = newEventId(parts, scan.atMs);
      return record({
        eventId,
        type: "entry",
        wallMs: scan.atMs,
        lane: lane.name,
        direction: decision.direction,
        directionKnown: decision.directionKnown,
        documentKind: credential.documentKind,
        flags: withClockFlag(decision.flags, scan.atMs),
        sealedBody: sealPerson(parts, credential, eventId, scan.atMs),
        readable: readablePerson(parts, credential),
      });
    },
    stop(scan, lane, credential, caseNumber) {
      const eventId = newEventId(parts, scan.atMs);
      return record({
        eventId,
        type: "stop",
        wallMs: scan.atMs,
        lane: lane.name,
        documentKind: credential.documentKind,
        details: { case: caseNumber },
        sealedBody: sealPerson(parts, credential, eventId, scan.atMs),
      });
    },
    unread(scan, lane, format, reason) {
      const details = { format, reason, bytes: scan.bytes.length };
      return record({ type: "unread", wallMs: scan.atMs, lane: lane.name, details });
    },
    attachment(scan, lane, { entryId, standing, holder, certificate }) {
      const signer_out_of_date = certificate.isSignerOutOfDate;
      const details = { entry: entryId, format: "hc1", standing, holder, signer_out_of_date };
      return record({ type: "attachment", wallMs: scan.atMs, lane: lane.name, details });
    },
    note: (type, lane, details) => record({ type, wallMs: parts.clock.nowMs(), lane, details }),
  };
}

type DraftChanges = Pick<EventDraft, "type" | "wallMs" | "lane"> & Partial<EventDraft>;

function newDraft(parts: RecorderParts, changes: DraftChanges): EventDraft {
  const offset = parts.offset();
  return {
    eventId: changes.eventId ?? newEventId(parts, changes.wallMs),
    monoMs: Math.round(parts.clock.monoMs()),
    bootId: parts.bootId,
    offsetMs: offset === null ? null : Math.round(offset.offsetMs),
    offsetErrorMs: offset === null ? null : Math.round(offset.errorMs),
    direction: null,
    directionKnown: null,
    documentKind: null,
    flags: [],
    policyVersion: parts.rules().version,
    details: {},
    sealedBody: null,
    readable: null,
    ...changes,
  };
}

function newEventId(parts: RecorderParts, wallMs: number): string {
  return uuidv7({ msecs: Math.max(0, wallMs), random: parts.random.bytes(16) });
}

function withClockFlag(flags: readonly EntryFlag[], wallMs: number): readonly EntryFlag[] {
  return wallMs < EARLIEST_TRUE_MS ? [...flags, "clock-doubtful"] : flags;
}

function sealPerson(
  parts: RecorderParts,
  credential: Credential,
  eventId: string,
  atMs: number,
): Uint8Array {
  const body: PersonalBody = {
    identity: credential.identity,
    document: credential.number,
    name: credential.name,
    birth_date: credential.birthDate,
    sex: credential.sex,
    valid_to: credential.validTo,
  };
  return parts.sealer.seal(body, eventId, localDay(atMs));
}

function readablePerson(parts: RecorderParts, credential: Credential): ReadablePerson {
  return {
    personKey: parts.hashPerson(credential.identity),
    name: credential.name,
    foldedName: credential.name === null ? null : foldName(credential.name),
    maskedNumber: credential.number === null ? null : maskNumber(credential.number),
    birthYear: credential.birthDate?.slice(0, 4) ?? null,
  };
}
