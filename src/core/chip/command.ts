import { concat } from "#core/chip/tlv.ts";

/** A command to a chip (ISO/IEC 7816-4), short lengths only. */
export type ChipCommand = {
  /** 0x10: more commands of the same chain follow. */
  readonly cla?: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data?: Uint8Array;
  /** Bytes wanted, 256 written as 0; absent: none. */
  readonly expected?: number;
};

/** A chip's answer: what it says, and how it went (0x9000: well). */
export type ChipAnswer = { readonly data: Uint8Array; readonly status: number };

/** Sends one command and waits for its answer; throws what the reader throws when the card has left. */
export type Transmit = (command: Uint8Array) => Promise<Uint8Array>;

/** All went well. */
export const STATUS_GOOD = 0x9000;
/** Fewer bytes than were asked for, and these are right. */
export const STATUS_END_OF_FILE = 0x6282;

/** The command as it is sent. */
export function commandBytes(command: ChipCommand): Uint8Array {
  const { cla = 0, ins, p1, p2, data, expected } = command;
  return concat(
    Uint8Array.of(cla, ins, p1, p2),
    data === undefined ? new Uint8Array() : Uint8Array.of(data.length, ...data),
    expected === undefined ? new Uint8Array() : Uint8Array.of(expected),
  );
}

/** The answer in the bytes; null when they are none. */
export function parseAnswer(bytes: Uint8Array): ChipAnswer | null {
  if (bytes.length < 2) return null;
  const status = (bytes.at(-2) ?? 0) * 256 + (bytes.at(-1) ?? 0);
  return { data: bytes.subarray(0, -2), status };
}
