import type { NetworkView, StatusView } from "#contract/bridge.ts";
import { hasBacklog, scannerName } from "#renderer/banner.ts";
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
  const { lamps } = texts;
  const scanners = status.scanners.map((scanner): Lamp => ({
    id: `scanner-${scanner.lane}`,
    name: scannerName(status, scanner, texts),
    state: lamps.scannerState[scanner.state],
    level: ({ waiting: "warn", alive: "good", lost: "bad" } as const)[scanner.state],
  }));
  return [...scanners, networkLamp(status.network, nowMs, texts)];
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
