import type {
  CertificateView,
  ChipView,
  NoticeReason,
  ScannerCounts,
  ScannerView,
} from "#contract/bridge.ts";
import type { ObeyedOrder } from "#contract/wire.ts";
import type { Direction, LaneDirection } from "#core/entry.ts";
import type { DamageReason, ForeignReason } from "#core/recognize.ts";
import type { ScannerFinding } from "#core/scanner-test.ts";

/** Languages of the station's screens; Vietnamese is the one that counts. */
export type Language = "vi" | "en";

/** Why a code could not be used, or an entry not be saved. */
export type UnknownReason = DamageReason | ForeignReason | "not-saved";

/** Why a scanner cannot be read. */
export type ScannerTrouble = NonNullable<ScannerView["trouble"]>;

/** One unknown verdict in words: what happened, what to do, and why. */
export type UnknownWords = {
  readonly word: string;
  readonly action: string;
  readonly cause: string;
};

/** A lost scanner in words: one line for the banner, three steps for the idle area. */
export type LostWords = {
  readonly banner: string;
  readonly steps: readonly [string, string, string];
};

/** Every word that a station's screen can show, the same keys in every language. */
export type StationTexts = {
  readonly verdict: VerdictTexts;
  readonly unknown: Readonly<Record<UnknownReason, UnknownWords>>;
  readonly stop: StopTexts;
  readonly idle: IdleTexts;
  readonly frame: FrameTexts;
  readonly lamps: LampTexts;
  readonly banner: BannerTexts;
  readonly lost: Readonly<Record<ScannerTrouble, LostWords>>;
  readonly scanners: ScannerTexts;
  readonly keys: KeyTexts;
  readonly notes: NoteTexts;
  readonly scannerTest: ScannerTestTexts;
  readonly chip: ChipTexts;
  readonly order: OrderTexts;
};

/** The sign of a station that may record nothing new: what is, and what the guard does. */
export type OrderTexts = Readonly<
  Record<
    Exclude<ObeyedOrder, "active">,
    { readonly word: string; readonly lines: readonly [string, string] }
  >
> & {
  readonly waiting: (count: string) => string;
  readonly allSent: string;
  readonly offline: (since: string, waiting: string) => string;
};

/** What a finding is and what to do about it. */
export type FindingWords = { readonly what: string; readonly todo: string };

/** What the codes of the test sheet say about a scanner. */
export type ScannerTestTexts = {
  readonly right: string;
  readonly usable: string;
  readonly wrong: string;
  readonly next: (passed: number, total: number) => string;
  readonly ready: string;
  readonly notAnEntry: string;
  readonly finding: (finding: ScannerFinding) => FindingWords;
};

export type VerdictTexts = {
  readonly in: string;
  readonly out: string;
  readonly notice: Readonly<Record<NoticeReason, string>>;
  readonly at: (direction: Direction, time: string) => string;
  /** How long somebody was inside. */
  readonly stayed: (ms: number) => string;
  readonly noEntrySeen: string;
  readonly nameNeedsChecking: string;
  readonly repeat: (direction: Direction, time: string, agoMs: number) => string;
  readonly repeatAsExit: string;
  readonly alreadyInside: (time: string | null) => string;
  readonly expired: (day: string | null) => string;
  readonly notYetValid: string;
  readonly overCapacity: string;
  readonly opaqueCode: string;
  readonly certificate: CertificateTexts;
  readonly refusedExpired: string;
  /** Whether and how it was recorded: said with every notice. */
  readonly recorded: (direction: Direction) => string;
  readonly notRecorded: string;
  readonly noName: string;
};

/** A health certificate beside the person: what it is about, what its signature is worth, whose it is. */
export type CertificateTexts = {
  readonly about: Readonly<Record<CertificateView["about"], string>>;
  readonly doses: (dose: number, doses: number | null) => string;
  readonly standing: Readonly<Record<CertificateView["standing"], string>>;
  readonly holder: Readonly<Record<CertificateView["holder"], string>>;
};

/** A card's chip on the reader. */
export type ChipTexts = {
  readonly alone: {
    readonly word: string;
    readonly headline: string;
    readonly lines: readonly [string];
  };
  readonly unread: string;
  readonly layAgain: string;
  readonly faults: Readonly<Record<Extract<ChipView, { kind: "unread" }>["reason"], string>>;
  readonly notGenuine: string;
  readonly otherPerson: string;
  readonly callSupervisor: string;
  readonly standing: Readonly<Record<Extract<ChipView, { kind: "checked" }>["standing"], string>>;
  readonly holder: Readonly<Record<Extract<ChipView, { kind: "checked" }>["holder"], string>>;
};

export type StopTexts = {
  readonly word: string;
  readonly callSupervisor: (caseNumber: string | null) => string;
  readonly howToEnd: string;
  readonly question: string;
  readonly outcomes: Readonly<Record<"let-in" | "turned-away" | "mistaken", string>>;
  readonly waiting: (count: number) => string;
  readonly later: string;
};

export type IdleTexts = {
  readonly word: string;
  readonly hint: string;
  readonly way: Readonly<Record<LaneDirection, string>>;
  readonly scannerNumber: (number: number) => string;
  readonly noScanner: string;
};

export type FrameTexts = {
  readonly title: string;
  readonly inside: string;
  readonly direction: Readonly<Record<LaneDirection, string>>;
  readonly recent: string;
  readonly nobodyYet: string;
  readonly undone: string;
  readonly passage: Readonly<Record<Direction, string>>;
  readonly connecting: string;
  readonly connectingHint: string;
  readonly stationLost: string;
  readonly stationLostHint: string;
};

export type LampTexts = {
  readonly scanner: string;
  readonly network: string;
  readonly scannerState: Readonly<Record<ScannerView["state"], string>>;
  readonly networkState: Readonly<
    Record<"online" | "offline" | "connecting" | "not-enrolled" | "refused" | "backlog", string>
  >;
};

/** How a scanner is: for its lamp, its line between visitors, and the page about all of them. */
export type ScannerTexts = {
  readonly title: string;
  readonly none: string;
  readonly lostState: Readonly<Record<ScannerTrouble, string>>;
  readonly silentState: string;
  readonly waiting: string;
  readonly aliveSince: (time: string) => string;
  readonly lostSince: (trouble: ScannerTrouble, time: string) => string;
  readonly lastRead: (agoMs: number) => string;
  readonly neverRead: string;
  readonly tryCard: string;
  readonly counts: Readonly<Record<keyof ScannerCounts, (count: string) => string>>;
  /** What only a technician can do. */
  readonly technician: Readonly<Record<ScannerTrouble, string | null>>;
  readonly holder: (program: string) => string;
};

export type BannerTexts = {
  readonly commitFailing: string;
  readonly scannerLost: (scanner: string, since: string, what: string) => string;
  readonly inputMethod: string;
  /** Instead of a name, when several are lost and none works. */
  readonly allScanners: string;
  /** What the guard does until it works again: nothing else reads cards, or another scanner does. */
  readonly onPaper: string;
  readonly othersWork: string;
  readonly scannerSilent: (scanner: string, since: string) => string;
  readonly clock: (offsetMs: number) => string;
  readonly disk: (size: string) => string;
  readonly diskCritical: (size: string) => string;
  readonly refused: (code: string) => string;
  readonly notEnrolled: (waiting: string) => string;
  readonly offline: (since: string, waiting: string) => string;
  readonly backlog: (waiting: string) => string;
  readonly tellSupervisor: string;
};

export type KeyTexts = {
  readonly undo: string;
  readonly direction: string;
  readonly repeatAsExit: string;
  readonly otherLanguage: string;
  readonly display: string;
  readonly acknowledge: string;
  readonly silence: string;
  readonly scanners: string;
  readonly back: string;
  readonly chooseDirection: (scanner: string | null) => string;
  readonly choices: Readonly<Record<LaneDirection, string>>;
  readonly nextScanner: string;
  readonly keys: string;
};

export type NoteTexts = {
  readonly undone: string;
  readonly nothingToUndo: string;
  readonly tooLate: string;
  readonly notSaved: string;
  readonly noAnswer: string;
  /** A scanner types, and no lane reads keys. */
  readonly notRead: string;
  readonly directionSet: (direction: LaneDirection) => string;
  readonly acknowledged: string;
  readonly scannerBack: string;
  readonly silenced: string;
  readonly held: string;
};
