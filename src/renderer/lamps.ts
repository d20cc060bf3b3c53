import type { NetworkView, ScannerView, StatusView } from "#contract/bridge.ts";
import { hasBacklog, scannerName } from "#renderer/banner.ts";
import { silentSinceMs } from "#renderer/scanner-words.ts";
import type { StationTexts } from "#ui/texts/texts.ts";

/** One lamp of the footer: always a word, never only a colour. */
export type Lamp = {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly level: "good" | "warn" | "bad";
};

/** The lamps of a station: every scanner, then the network. */
export function lampsOf(status: StatusView, nowMs: number, texts: StationTexts): readonly Lamp[] {
  const scanners = status.scanners.map((scanner): Lamp => ({
    id: `scanner-${scanner.lane}`,
    name: scannerName(status, scanner, texts),
    ...scannerState(scanner, nowMs, texts),
  }));
  return [...scanners, networkLamp(status.network, nowMs, texts)];
}

/** One scanner's lamp: its word and its colour. */
export function scannerState(
  scanner: ScannerView,
  nowMs: number,
  { lamps, scanners }: StationTexts,
): Pick<Lamp, "state" | "level"> {
  switch (scanner.state) {
    case "waiting":
      return { state: lamps.scannerState.waiting, level: "warn" };
    case "lost":
      return { state: scanners.lostState[scanner.trouble ?? "failed"], level: "bad" };
    case "alive":
      return silentSinceMs(scanner, nowMs) === null
        ? { state: lamps.scannerState.alive, level: "good" }
        : { state: scanners.silentState, level: "warn" };
  }
}

function networkLamp(network: NetworkView, nowMs: number, { lamps }: StationTexts): Lamp {
  const isBehind = network.state === "online" && hasBacklog(network, nowMs);
  const state = isBehind ? "backlog" : network.state;
  return {
    id: "network",
    name: lamps.network,
    state: lamps.networkState[state],
    level: state === "online" ? "good" : "warn",
  };
}
