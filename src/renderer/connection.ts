import { createBirpc } from "birpc";
import type {
  HelloScreen,
  ScreenEvents,
  StationCallArguments,
  StationCalls,
  TextChannel,
} from "#contract/bridge.ts";
import { parseFrame } from "#contract/frames.ts";

/** The station's calls as the page makes them. Every one rejects when the station does not answer in time. */
export type RemoteCalls = {
  readonly [Name in keyof StationCalls]: (
    ...args: StationCallArguments<Name>
  ) => Promise<ReturnType<StationCalls[Name]>>;
};

/** What a way to the station tells while it opens and breaks. */
export type ConnectorEvents = {
  opened(channel: TextChannel): void;
  closed(): void;
};

/** A way to the station. It opens by itself, and again after it broke. */
export type Connector = {
  start(events: ConnectorEvents): void;
  /** Gives up a connection that is open but does not answer. */
  drop(): void;
};

export type ConnectionParts = {
  readonly connector: Connector;
  readonly events: ScreenEvents;
  /** The station answers: at the beginning, after every interruption, and every few seconds. */
  readonly onHello: (hello: HelloScreen) => void;
  readonly onDown: () => void;
};

/** The page's end of the bridge. */
export type Connection = {
  /** Null while there is no connection. */
  calls(): RemoteCalls | null;
};

/** A station that takes longer than this to answer counts as gone. */
const ANSWER_MS = 5_000;
/** The page asks for a sign of life this often: a station that hangs closes no connection. */
const HELLO_EVERY_MS = 10_000;
const HELLO_AGAIN_MS = 2_000;

/** Keeps the page connected for as long as it lives. */
export function keepConnected(parts: ConnectionParts): Connection {
  let current: { readonly calls: RemoteCalls; close(): void } | null = null;
  parts.connector.start({
    opened(channel) {
      current?.close();
      current = talk(parts, channel);
    },
    closed() {
      current?.close();
      current = null;
      parts.onDown();
    },
  });
  return { calls: () => current?.calls ?? null };
}

function talk(parts: ConnectionParts, channel: TextChannel) {
  const { events } = parts;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rpc = createBirpc<StationCalls, ScreenEvents>(events, {
    post: (text: string) => channel.send(text),
    on: (take) =>
      channel.onFrame((text) => {
        const frame = parseFrame(text);
        if (frame !== null) take(frame);
      }),
    serialize: (frame) => JSON.stringify(frame),
    timeout: ANSWER_MS,
    // Only our own three events; the library would also look up the prototype's members.
    resolver: (name, found) => (Object.hasOwn(events, name) ? found : undefined),
    // No onGeneralError: returning true from it turns every refused call into an answer of undefined.
  });
  const greet = async () => {
    const hello = await rpc.hello().catch(() => null);
    if (rpc.$closed) return;
    timer = setTimeout(() => void greet(), hello === null ? HELLO_AGAIN_MS : HELLO_EVERY_MS);
    if (hello !== null) return parts.onHello(hello);
    parts.onDown();
    parts.connector.drop();
  };
  void greet();
  return {
    calls: rpc,
    close() {
      clearTimeout(timer);
      rpc.$close();
    },
  };
}
