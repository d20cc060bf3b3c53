import type { TextChannel } from "#contract/bridge.ts";
import type { Connector } from "#renderer/connection.ts";

declare global {
  interface Window {
    /** Put there by Electron's preload; absent in the browser shell. */
    readonly stationBridge?: TextChannel;
  }
}

const RETRY_FIRST_MS = 250;
const RETRY_MOST_MS = 4_000;

/** True where the shell reads a scanner's keys before the page sees any. */
export function shellReadsKeys(): boolean {
  return window.stationBridge !== undefined;
}

/** The way to the station in whichever shell this page runs. The screens cannot tell which. */
export function connectorOfThisShell(): Connector {
  const bridge = window.stationBridge;
  if (bridge !== undefined) return preloadConnector(bridge);
  return socketConnector(`ws://${window.location.host}/bridge`);
}

/** Electron's bridge lives exactly as long as the page does. */
function preloadConnector(bridge: TextChannel): Connector {
  return {
    start: (events) => events.opened(bridge),
    drop() {
      // Nothing to reopen: the next sign of life is asked for over the same bridge.
    },
  };
}

function socketConnector(url: string): Connector {
  let socket: WebSocket | null = null;
  return {
    start(events) {
      let retryMs = RETRY_FIRST_MS;
      const open = () => {
        const opening = new WebSocket(url);
        socket = opening;
        opening.addEventListener("open", () => {
          retryMs = RETRY_FIRST_MS;
          events.opened(channelOf(opening));
        });
        opening.addEventListener("close", () => {
          events.closed();
          setTimeout(open, retryMs);
          retryMs = Math.min(RETRY_MOST_MS, retryMs * 2);
        });
      };
      open();
    },
    drop() {
      socket?.close();
    },
  };
}

function channelOf(socket: WebSocket): TextChannel {
  return {
    send(frame) {
      if (socket.readyState === WebSocket.OPEN) socket.send(frame);
    },
    onFrame(listener) {
      socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        if (typeof data === "string") listener(data);
      });
    },
  };
}
