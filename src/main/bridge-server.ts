import { createBirpc } from "birpc";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { screenEventNames, stationCallSchemas } from "#contract/bridge.ts";
import type { BridgeErrorCode, ScreenEvents, StationCalls, TextChannel } from "#contract/bridge.ts";
import { parseFrame } from "#contract/frames.ts";
import type { Log } from "#main/log.ts";
import type { StationHost } from "#main/station-host.ts";

/** A call that is refused at the door; its code is all that the page hears. */
export class BridgeRefusal extends Error {
  override readonly name = "BridgeRefusal";
  readonly code: BridgeErrorCode;
  constructor(code: BridgeErrorCode) {
    super(code);
    this.code = code;
  }
}

/** One screen being served. */
export type ServedScreen = {
  /** Takes the screen off the station; nothing is sent any more. */
  close(): void;
};

export type ServeScreenParts = {
  readonly channel: TextChannel;
  readonly host: StationHost;
  readonly log: Log;
};

type Handler = (...args: unknown[]) => unknown;

/**
 * Serves one screen over a channel of text frames. Only the calls of the contract exist, only arguments of their
 * schemas are acted upon, only codes come back as errors, and no frame, however malformed, ends the process.
 */
export function serveScreen({ channel, host, log }: ServeScreenParts): ServedScreen {
  const handlers = guardedCalls(host.calls);
  const rpc = createBirpc<ScreenEvents, Record<string, never>>(
    {},
    {
      post: (text: string) => channel.send(text),
      on: (take) =>
        channel.onFrame((text) => {
          const frame = parseFrame(text);
          if (frame === null) log.event("screen", { problem: "bad-frame" });
          else take(frame);
        }),
      serialize: encodeFrame,
      eventNames: [...screenEventNames],
      // Without a resolver of ours the library would also find the members of Object.prototype.
      resolver: (name) => handlers.get(name) ?? refuseUnknown,
      onFunctionError: (error) => {
        if (!(error instanceof BridgeRefusal)) log.fault("screen", error);
      },
      onGeneralError: (error) => {
        log.fault("screen", error);
        return true;
      },
    },
  );
  const tell = (sent: Promise<void>) => {
    sent.catch((cause: unknown) => log.fault("screen", cause));
  };
  const unsubscribe = host.subscribe({
    verdict: (view) => tell(rpc.verdict(view)),
    status: (view) => tell(rpc.status(view)),
    recent: (views) => tell(rpc.recent(views)),
    swallowed: (lane) => tell(rpc.swallowed(lane)),
  });
  return {
    close() {
      unsubscribe();
      rpc.$close();
    },
  };
}

function guardedCalls(calls: StationCalls): ReadonlyMap<string, Handler> {
  const schemas = stationCallSchemas;
  const handlers: Readonly<Record<keyof StationCalls, Handler>> = {
    hello: guarded(schemas.hello, () => calls.hello()),
    undoLast: guarded(schemas.undoLast, () => calls.undoLast()),
    setDirection: guarded(schemas.setDirection, (args) => calls.setDirection(...args)),
    recordRepeatAsExit: guarded(schemas.recordRepeatAsExit, (args) =>
      calls.recordRepeatAsExit(...args),
    ),
    acknowledgeStop: guarded(schemas.acknowledgeStop, (args) => calls.acknowledgeStop(...args)),
    silenceAlarm: guarded(schemas.silenceAlarm, () => calls.silenceAlarm()),
    takeTyped: guarded(schemas.takeTyped, (args) => calls.takeTyped(...args)),
  };
  return new Map(Object.entries(handlers));
}

function guarded<Schema extends TSchema>(
  schema: Schema,
  act: (args: Static<Schema>) => unknown,
): Handler {
  return (...args) => {
    if (!Value.Check(schema, args)) throw new BridgeRefusal("bad-argument");
    return act(args);
  };
}

function refuseUnknown(): never {
  throw new BridgeRefusal("unknown-call");
}

/** Errors do not survive JSON by themselves, and must not: a code goes out, never a text that may quote data. */
function encodeFrame(frame: object): string {
  if (!("e" in frame)) return JSON.stringify(frame);
  const code = frame.e instanceof BridgeRefusal ? frame.e.code : "internal";
  return JSON.stringify({ ...frame, e: { code } });
}
