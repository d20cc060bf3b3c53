import type { ScreenEvents, StationCalls } from "#contract/bridge.ts";

/** The running station as a shell sees it: calls to answer and events to pass on. Knows no window and no socket. */
export type StationHost = {
  readonly calls: StationCalls;
  /** Registers a screen; returns how to take it off again. */
  subscribe(screen: ScreenEvents): () => void;
};
