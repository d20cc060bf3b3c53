/**
 * The PC/SC service of Linux, spoken to over its own socket (pcsc-lite 1.8 to 2.x, `winscard_msg.h`, protocol 4): fixed
 * structures in the machine's byte order, one request at a time, every answer as long as its request says.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";

/** A reader as the service lists it. */
export type PcscReader = { readonly name: string; readonly hasCard: boolean };

/** One connection to the service; everything rejects with {@link PcscFault} once it is gone. */
export type Pcscd = {
  readers(): Promise<readonly PcscReader[]>;
  /** Takes the card for this process alone. */
  connectCard(reader: string): Promise<PcscCard>;
  close(): void;
};

export type PcscCard = {
  transmit(command: Uint8Array): Promise<Uint8Array>;
  /** Gives the card back, reset. */
  release(): Promise<void>;
};

/** The service is not there or went away, or a card did. `code` is the service's own (`SCARD_E_…`), 0: none. */
export class PcscFault extends Error {
  override readonly name = "PcscFault";
  readonly code: number;
  constructor(message: string, code: number, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Where the service listens, unless `PCSCLITE_CSOCK_NAME` names another place. */
export const PCSCD_SOCKET = "/run/pcscd/pcscd.comm";

const COMMAND = { establish: 0x01, connect: 0x04, disconnect: 0x06, transmit: 0x09 } as const;
const COMMAND_VERSION = 0x11;
const COMMAND_READERS = 0x12;
const PROTOCOL = { major: 4, minor: 4 } as const;
const SCOPE_SYSTEM = 2;
const EXCLUSIVE = 1;
const T0_OR_T1 = 3;
const RESET = 1;
const CARD_PRESENT = 0x04;
const NAME_BYTES = 128;
const READER_BYTES = 184;
const STATE_AT = 132;
const MOST_READERS = 16;
/** Length of an I/O header, which carries nothing else. */
const PCI_BYTES = 8;
/** The longest answer of short length, with its status. */
const MOST_ANSWER_BYTES = 258;
/** A service that does not answer within this hangs; a chip's slowest step takes a second. */
const ANSWER_LIMIT_MS = 10_000;

/** Connects and agrees on the protocol. Rejects with {@link PcscFault}. */
export async function connectPcscd(path: string): Promise<Pcscd> {
  const wire = createWire(await openSocket(path));
  const version = await wire.ask(COMMAND_VERSION, words(PROTOCOL.major, PROTOCOL.minor, 0), 12);
  requireGood(version.readUInt32LE(8), "the service speaks another protocol");
  const established = await wire.ask(COMMAND.establish, words(SCOPE_SYSTEM, 0, 0), 12);
  requireGood(established.readUInt32LE(8), "the service gives no context");
  const context = established.readUInt32LE(4);
  return {
    async readers() {
      const states = await wire.ask(COMMAND_READERS, Buffer.alloc(0), MOST_READERS * READER_BYTES);
      return Array.from({ length: MOST_READERS }, (_, index) =>
        readerAt(states.subarray(index * READER_BYTES, (index + 1) * READER_BYTES)),
      ).filter(({ name }) => name !== "");
    },
    connectCard: (reader) => connectCard(wire, context, reader),
    close: () => wire.close(),
  };
}

function readerAt(state: Buffer): PcscReader {
  const end = state.indexOf(0);
  const name = state.toString("utf8", 0, Math.min(end < 0 ? NAME_BYTES : end, NAME_BYTES));
  return { name, hasCard: (state.readUInt32LE(STATE_AT) & CARD_PRESENT) !== 0 };
}

async function connectCard(wire: Wire, context: number, reader: string): Promise<PcscCard> {
  const name = Buffer.alloc(NAME_BYTES);
  name.write(reader, "utf8");
  const request = Buffer.concat([words(context), name, words(EXCLUSIVE, T0_OR_T1, 0, 0, 0)]);
  const answer = await wire.ask(COMMAND.connect, request, request.length);
  const at = 4 + NAME_BYTES + 8;
  requireGood(answer.readUInt32LE(at + 8), "the card cannot be taken");
  const [card, protocol] = [answer.readUInt32LE(at), answer.readUInt32LE(at + 4)];
  return {
    transmit: (command) => transmit(wire, card, protocol, command),
    async release() {
      const released = await wire.ask(COMMAND.disconnect, words(card, RESET, 0), 12);
      requireGood(released.readUInt32LE(8), "the card cannot be given back");
    },
  };
}

function transmit(
  wire: Wire,
  card: number,
  protocol: number,
  command: Uint8Array,
): Promise<Uint8Array> {
  const head = words(
    card,
    protocol,
    PCI_BYTES,
    command.length,
    protocol,
    PCI_BYTES,
    MOST_ANSWER_BYTES,
    0,
  );
  return wire.inTurn(async () => {
    wire.send(COMMAND.transmit, head, command);
    const answer = await wire.receive(head.length);
    requireGood(answer.readUInt32LE(28), "the card does not answer");
    return new Uint8Array(await wire.receive(answer.readUInt32LE(24)));
  });
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
}

function requireGood(code: number, what: string): void {
  if (code !== 0) throw new PcscFault(`${what} (0x${code.toString(16)})`, code);
}

/** The socket as questions and answers of known length. */
type Wire = {
  /** Runs after everything before it has ended, well or badly. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  ask(command: number, request: Buffer, answerBytes: number): Promise<Buffer>;
  send(command: number, request: Buffer, more?: Uint8Array): void;
  receive(count: number): Promise<Buffer>;
  close(): void;
};

type Waiting = { readonly count: number; done(bytes: Buffer): void; fail(cause: Error): void };

function createWire(socket: Socket): Wire {
  let held = Buffer.alloc(0);
  let waiting: Waiting | null = null;
  let ended: Error | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  const deliver = () => {
    if (waiting === null || held.length < waiting.count) return;
    const { count, done } = waiting;
    const bytes = held.subarray(0, count);
    held = held.subarray(count);
    waiting = null;
    done(bytes);
  };
  const fail = (cause?: Error) => {
    ended ??= new PcscFault("the PC/SC service went away", 0, { cause });
    waiting?.fail(ended);
    waiting = null;
    socket.destroy();
  };
  socket.on("data", (part) => {
    held = Buffer.concat([held, part]);
    deliver();
  });
  socket.on("error", fail);
  socket.on("close", () => fail());
  socket.setTimeout(ANSWER_LIMIT_MS, () => {
    if (waiting !== null) fail(new Error("no answer in time"));
  });
  const wire: Wire = {
    inTurn(work) {
      const result = turn.then(work);
      turn = result.catch(() => {});
      return result;
    },
    ask: (command, request, answerBytes) =>
      wire.inTurn(() => {
        wire.send(command, request);
        return wire.receive(answerBytes);
      }),
    send(command, request, more = new Uint8Array()) {
      if (ended !== null) throw ended;
      socket.write(Buffer.concat([words(request.length, command), request, more]));
    },
    receive: (count) =>
      new Promise((resolve, reject) => {
        if (ended !== null) return reject(ended);
        waiting = { count, done: resolve, fail: reject };
        deliver();
      }),
    close: () => fail(),
  };
  return wire;
}

function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (cause) =>
      reject(new PcscFault("there is no PC/SC service", 0, { cause })),
    );
  });
}
