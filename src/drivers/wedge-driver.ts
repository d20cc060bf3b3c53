import type { Clock } from "#core/ports.ts";
import type { Dropped, Scan } from "#core/scan.ts";
import type { KeyPress, WedgeBurst } from "#core/wedge-run.ts";
import { createWedgeDecoder } from "#core/wedge.ts";
import type { KeyAnswer, WedgeDecoder } from "#core/wedge.ts";
import { createChannel } from "#drivers/channel.ts";
import type { Channel } from "#drivers/channel.ts";
import type { Driver, DriverReport } from "#drivers/driver.ts";
import { createFramePump, deliver } from "#drivers/frame-pump.ts";
import type { FramePump } from "#drivers/frame-pump.ts";
import type { Frame } from "#drivers/framing.ts";

/** The keyboard wedge: a scanner that types. The shell has the keys and gives them, or whole scans, to this. */
export type Wedge = {
  readonly driver: Driver;
  /** For a shell whose main process sees the keys, when it gets to them. All pass while nobody reads or too many wait. */
  pressKey(key: KeyPress): KeyAnswer;
  /** For a screen that runs the decoder (core/wedge.ts) itself. False: nobody reads, or too many scans wait. */
  pushBurst(burst: WedgeBurst): boolean;
};

const DEVICE = "wedge";

/** Scans that may wait for the station before keys are refused. */
const WAITING_SCANS = 1_000;

const passes: KeyAnswer = { isSwallowed: false, bursts: [] };

/** One reading of the wedge. */
type Session = {
  readonly channel: Channel<Scan>;
  readonly pump: FramePump<KeyPress>;
  readonly lastAnswer: () => KeyAnswer;
  readonly handOn: (burst: WedgeBurst) => void;
};

export function createWedge(clock: Clock): Wedge {
  let session: Session | null = null;
  const driver: Driver = {
    device: DEVICE,
    kind: "wedge",
    endsByItself: false,
    async *read(signal, report) {
      if (signal.aborted) return;
      const mine = startSession(clock, report);
      const cancel = () => mine.channel.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      session = mine;
      report.onOpen();
      try {
        yield* mine.channel.items;
      } finally {
        signal.removeEventListener("abort", cancel);
        if (session === mine) session = null;
        mine.pump.stop();
      }
    },
  };
  return {
    driver,
    pressKey(key) {
      if (session === null || session.channel.isFull()) return passes;
      session.pump.take(key);
      return session.lastAnswer();
    },
    pushBurst(burst) {
      if (session === null || session.channel.isFull()) return false;
      session.handOn(burst);
      return true;
    },
  };
}

function startSession(clock: Clock, report: DriverReport): Session {
  const channel = createChannel<Scan>(WAITING_SCANS);
  const decoder = createWedgeDecoder("handled");
  const target = {
    device: DEVICE,
    onScan: (scan: Scan) => channel.push(scan),
    onDropped: (dropped: Dropped) => report.onDropped(dropped),
  };
  let answer = passes;
  const pump = createFramePump<KeyPress>({
    ...target,
    assembler: {
      ...assemblerOf(decoder),
      push(key) {
        answer = decoder.press(key);
        return answer.bursts;
      },
    },
    gapMs: () => decoder.gapMs(),
    clock,
  });
  return {
    channel,
    pump,
    lastAnswer: () => answer,
    handOn(burst) {
      const arrival = burst.kind === "scan" ? burst.arrival : undefined;
      deliver(burst, clock.nowMs(), target, arrival);
    },
  };
}

function assemblerOf(decoder: WedgeDecoder) {
  return {
    silence: () => decoder.silence(),
    isOpen: () => decoder.isOpen(),
    close(): readonly Frame[] {
      const byteCount = decoder.close();
      return byteCount === 0 ? [] : [{ kind: "dropped", reason: "torn", byteCount }];
    },
  };
}
