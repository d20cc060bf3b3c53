/** One complete read of one scanner, before anybody knows what it says. */
export type Scan = {
  /** The raw bytes between two terminators; never empty, at most {@link MAX_SCAN_BYTES}. */
  readonly bytes: Uint8Array;
  /** Wall clock of the station when the last byte arrived, UTC milliseconds. */
  readonly atMs: number;
  /** The lane's device name as configured, such as `serial:/dev/ttyUSB0`. */
  readonly device: string;
  /** Only of a keyboard wedge: an input method wrote into the scan, so its bytes may be wrong. */
  readonly interference?: Interference;
  /** How it came; absent where only whole scans are seen. */
  readonly arrival?: ScanArrival;
};

/** What is known about a scan that an input method (Unikey, EVKey) wrote into. */
export type Interference = {
  readonly kind: "input-method";
  /**
   * What the scanner may have typed: one text for each way of typing (Telex, VNI) that explains every correction. Empty:
   * none does.
   */
  readonly explanations: readonly Uint8Array[];
};

/** What the test sheet wants to know about the wire. */
export type ScanArrival = {
  /** `silence`: the scanner sent no CR, LF or Tab behind the code. */
  readonly endedBy: "terminator" | "silence";
  /** From the first piece to the last, milliseconds; 0 when all came at once. */
  readonly tookMs: number;
};

/** Longest scan that is taken. A QR code holds at most 2,953 bytes (ISO/IEC 18004, version 40-L). */
export const MAX_SCAN_BYTES = 4096;

/** Why a driver threw bytes away instead of handing on a scan. */
export type DropReason =
  | "oversize"
  | "noise"
  | "torn"
  /** The same report of a scan, sent twice. */
  | "repeated"
  /** A report that is no scan: a status, or the answer to a command. */
  | "ignored"
  /** Control chords and function keys that a keyboard wedge typed. */
  | "commands";

/** Bytes that a driver threw away: counted and logged, never shown as content. */
export type Dropped = {
  readonly reason: DropReason;
  /** Of `commands`: how many keys. */
  readonly byteCount: number;
  readonly device: string;
};
