import type { Clock } from "#core/ports.ts";
import type { Dropped, Scan, ScanArrival } from "#core/scan.ts";
import type { Frame } from "#drivers/framing.ts";

/** Whatever turns pieces of device data (bytes, reports, keys) into frames. */
export type Assembler<Piece> = {
  push(piece: Piece): readonly Frame[];
  silence(): readonly Frame[];
  close(): readonly Frame[];
  isOpen(): boolean;
};

export type FramePumpParts<Piece> = {
  readonly device: string;
  readonly assembler: Assembler<Piece>;
  /** How long the device must be silent before what it sent counts as whole, milliseconds. */
  readonly gapMs: () => number;
  readonly clock: Clock;
  readonly onScan: (scan: Scan) => void;
  readonly onDropped: (dropped: Dropped) => void;
};

/** Feeds one opening of a device through an assembler and watches for silence. */
export type FramePump<Piece> = {
  take(piece: Piece): void;
  /** The device is closed: the watch ends, what is open is reported as torn. */
  stop(): void;
};

/** A turn that lets the event loop hand over what already lies in the kernel, milliseconds. */
const SETTLE_MS = 10;

/**
 * Silence is believed after 1 to 1.5 gaps and one settling turn that came on time; scans that end with a terminator are
 * handed on at once.
 */
export function createFramePump<Piece>(parts: FramePumpParts<Piece>): FramePump<Piece> {
  const { assembler, clock } = parts;
  const stopped = new AbortController();
  let pieces = 0;
  let lastPieceAtMs = 0;
  let isWatching = false;
  /** Monotonic milliseconds of the first and the last piece of the frame that is open. */
  let firstMonoMs: number | null = null;
  let lastMonoMs = 0;

  const handOn = (frames: readonly Frame[], endedBy: ScanArrival["endedBy"]) => {
    const tookMs = firstMonoMs === null ? 0 : lastMonoMs - firstMonoMs;
    for (const frame of frames) deliver(frame, lastPieceAtMs, parts, { endedBy, tookMs });
  };
  // When this process is busy for longer than a gap, timers end before the bytes that wait in the kernel are seen. Only a
  // settling turn that was not late proves that the device, and not this process, was silent.
  const watch = async () => {
    isWatching = true;
    let quietHalves = 0;
    while (assembler.isOpen() && !stopped.signal.aborted) {
      const before = pieces;
      const startedMs = clock.monoMs();
      const sleepMs = quietHalves < 2 ? parts.gapMs() / 2 : SETTLE_MS;
      await clock.sleep(sleepMs, stopped.signal);
      if (pieces !== before) quietHalves = 0;
      else if (quietHalves < 2) quietHalves += 1;
      else if (clock.monoMs() - startedMs < 2 * SETTLE_MS) endInSilence();
    }
    isWatching = false;
  };
  const endInSilence = () => {
    if (stopped.signal.aborted) return;
    handOn(assembler.silence(), "silence");
    firstMonoMs = null;
  };

  return {
    take(piece) {
      if (stopped.signal.aborted) return;
      pieces += 1;
      lastPieceAtMs = clock.nowMs();
      lastMonoMs = clock.monoMs();
      firstMonoMs ??= lastMonoMs;
      const frames = assembler.push(piece);
      handOn(frames, "terminator");
      if (!assembler.isOpen()) firstMonoMs = null;
      else if (frames.length > 0) firstMonoMs = lastMonoMs;
      if (!isWatching && assembler.isOpen()) void watch();
    },
    stop() {
      if (stopped.signal.aborted) return;
      stopped.abort();
      handOn(assembler.close(), "silence");
    },
  };
}

/** Names a frame's device and hands it to whom it concerns. */
export function deliver(
  frame: Frame,
  atMs: number,
  to: {
    readonly device: string;
    readonly onScan: (scan: Scan) => void;
    readonly onDropped: (dropped: Dropped) => void;
  },
  arrival?: ScanArrival,
): void {
  const { device } = to;
  if (frame.kind === "dropped") {
    to.onDropped({ reason: frame.reason, byteCount: frame.byteCount, device });
    return;
  }
  to.onScan({
    bytes: frame.bytes,
    atMs,
    device,
    ...(frame.interference !== undefined && { interference: frame.interference }),
    ...(arrival !== undefined && { arrival }),
  });
}
