import { CHALLENGE_BYTES, createBasicAccess } from "#core/chip/bac.ts";
import type { ChipCrypto } from "#core/chip/chip-crypto.ts";
import { commandBytes, parseAnswer, STATUS_END_OF_FILE, STATUS_GOOD } from "#core/chip/command.ts";
import type { ChipAnswer, ChipCommand, Transmit } from "#core/chip/command.ts";
import type { ChipPassword } from "#core/chip/mrz.ts";
import { paceAgreement, paceOffers, runPace } from "#core/chip/pace.ts";
import { createSecureMessaging } from "#core/chip/secure-messaging.ts";
import type { SecureMessaging, SessionKeys } from "#core/chip/secure-messaging.ts";
import { announcedLength, concat } from "#core/chip/tlv.ts";

/** What was read from a chip, byte for byte; nothing of it is believed before passive authentication. */
export type ChipFiles = {
  /** Data group 1: the machine-readable zone. */
  readonly dg1: Uint8Array;
  /** The document security object: what the issuer signed. */
  readonly sod: Uint8Array;
};

export type ChipReading =
  | { readonly kind: "read"; readonly files: ChipFiles; readonly access: "pace" | "bac" }
  | { readonly kind: "failed"; readonly reason: ChipFault };

/**
 * `not-a-document`: no identity application; `refused`: the chip declined what it had offered; `torn`: the card left, or
 * somebody changed what it said.
 */
export type ChipFault = "not-a-document" | "refused" | "wrong-password" | "torn";

/** Application of Doc 9303's documents. */
const DOCUMENT = Uint8Array.of(0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01);
const EF_CARD_ACCESS = 0x011c;
const EF_DG1 = 0x0101;
const EF_SOD = 0x011d;
/** Fits an answer under secure messaging of short length, whatever the cipher. */
const BYTES_AT_ONCE = 0xc0;
const MOST_FILE_BYTES = 0x7f00;
const HEADER_BYTES = 6;

/**
 * Opens a chip with what is printed on its card and reads who it is: PACE where the chip offers it, else basic access
 * control, which needs the zone. Throws what `transmit` throws.
 */
export async function readChip(
  transmit: Transmit,
  password: ChipPassword,
  crypto: ChipCrypto,
): Promise<ChipReading> {
  try {
    return await openAndRead(transmit, password, crypto);
  } catch (cause) {
    if (cause instanceof TornTalk) return failed("torn");
    throw cause;
  }
}

async function openAndRead(
  transmit: Transmit,
  password: ChipPassword,
  crypto: ChipCrypto,
): Promise<ChipReading> {
  const plain = plainChannel(transmit);
  const cardAccess = await readFile(plain, EF_CARD_ACCESS);
  const [offer] = cardAccess === null ? [] : paceOffers(cardAccess, crypto);
  if (offer !== undefined) {
    const agreed = await plain({
      ins: 0x22,
      p1: 0xc1,
      p2: 0xa4,
      data: paceAgreement(offer, password),
    });
    if (agreed.status !== STATUS_GOOD) return failed("refused");
    const keys = await runPace(crypto, offer, password, paceStep(plain));
    return keys === null ? failed("wrong-password") : readFiles(transmit, keys, "pace");
  }
  if ((await plain(selectDocument)).status !== STATUS_GOOD) return failed("not-a-document");
  if (password.kind !== "mrz") return failed("wrong-password");
  const keys = await runBasicAccess(plain, password, crypto);
  return keys === null ? failed("wrong-password") : readFiles(transmit, keys, "bac");
}

type Channel = (command: ChipCommand) => Promise<ChipAnswer>;

const selectDocument: ChipCommand = { ins: 0xa4, p1: 0x04, p2: 0x0c, data: DOCUMENT };

/** The card left the reader in the middle of the talk, or somebody changed what it said. */
class TornTalk extends Error {
  override readonly name = "TornTalk";
}

function failed(reason: ChipFault): ChipReading {
  return { kind: "failed", reason };
}

function plainChannel(transmit: Transmit): Channel {
  return async (command) => whole(parseAnswer(await transmit(commandBytes(command))));
}

function secureChannel(transmit: Transmit, messaging: SecureMessaging): Channel {
  return async (command) => whole(messaging.unwrap(await transmit(messaging.wrap(command))));
}

function whole(answer: ChipAnswer | null): ChipAnswer {
  if (answer === null) throw new TornTalk("no answer of the chip's");
  return answer;
}

function paceStep(channel: Channel) {
  return async (data: Uint8Array, isLast: boolean): Promise<Uint8Array | null> => {
    const cla = isLast ? 0 : 0x10;
    const answer = await channel({ cla, ins: 0x86, p1: 0, p2: 0, data, expected: 0 });
    return answer.status === STATUS_GOOD ? answer.data : null;
  };
}

async function runBasicAccess(
  channel: Channel,
  password: Extract<ChipPassword, { kind: "mrz" }>,
  crypto: ChipCrypto,
): Promise<SessionKeys | null> {
  const challenge = await channel({ ins: 0x84, p1: 0, p2: 0, expected: CHALLENGE_BYTES });
  if (challenge.data.length !== CHALLENGE_BYTES) return null;
  const access = createBasicAccess(crypto, password, challenge.data);
  const answer = await channel({ ins: 0x82, p1: 0, p2: 0, data: access.proof, expected: 0x28 });
  return answer.status === STATUS_GOOD ? access.finish(answer.data) : null;
}

async function readFiles(
  transmit: Transmit,
  keys: SessionKeys,
  access: "pace" | "bac",
): Promise<ChipReading> {
  const channel = secureChannel(transmit, createSecureMessaging(keys));
  if (access === "pace" && (await channel(selectDocument)).status !== STATUS_GOOD) {
    return failed("not-a-document");
  }
  const dg1 = await readFile(channel, EF_DG1);
  const sod = dg1 === null ? null : await readFile(channel, EF_SOD);
  return dg1 === null || sod === null
    ? failed("torn")
    : { kind: "read", files: { dg1, sod }, access };
}

/** A whole file, as long as its own first object says; null when it is not there, too long, or cut off. */
async function readFile(channel: Channel, file: number): Promise<Uint8Array | null> {
  const data = Uint8Array.of(file >> 8, file & 0xff);
  if ((await channel({ ins: 0xa4, p1: 0x02, p2: 0x0c, data })).status !== STATUS_GOOD) return null;
  const start = await readAt(channel, 0, HEADER_BYTES);
  const length = start === null ? null : announcedLength(start);
  if (start === null || length === null || length > MOST_FILE_BYTES) return null;
  const parts = [start.subarray(0, length)];
  for (let at = Math.min(start.length, length); at < length;) {
    const part = await readAt(channel, at, Math.min(BYTES_AT_ONCE, length - at));
    if (part === null || part.length === 0) return null;
    parts.push(part);
    at += part.length;
  }
  return concat(...parts);
}

async function readAt(channel: Channel, at: number, count: number): Promise<Uint8Array | null> {
  const answer = await channel({ ins: 0xb0, p1: at >> 8, p2: at & 0xff, expected: count });
  const isRead = answer.status === STATUS_GOOD || answer.status === STATUS_END_OF_FILE;
  return isRead ? answer.data : null;
}
