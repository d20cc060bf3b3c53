import { isEqual, padded, tripleDesSuite, aesSuite, unpadded } from "#core/chip/cipher-suite.ts";
import type { CipherSuite } from "#core/chip/cipher-suite.ts";
import type { Transmit } from "#core/chip/command.ts";
import { mrzInformation } from "#core/chip/mrz.ts";
import type { ChipPassword } from "#core/chip/mrz.ts";
import type { ChipFiles } from "#core/chip/read-chip.ts";
import { childrenOf, concat, parseTlvs, tlv } from "#core/chip/tlv.ts";
import { chipCrypto } from "#sealing/chip-crypto.ts";

/** A chip on the other side of the reader: what Doc 9303 asks of the card, written for these tests. */
export type TestChip = {
  readonly transmit: Transmit;
  /** Commands that came in the clear and under secure messaging. */
  readonly counts: { plain: number; secure: number };
};

export type TestChipOptions = {
  readonly files: ChipFiles;
  readonly password: ChipPassword;
  readonly access: "pace" | "bac";
  /** Called with every answer before it leaves; may change it. */
  readonly onAnswer?: (answer: Uint8Array, number: number) => Uint8Array;
};

type Session = {
  suite: CipherSuite;
  encryption: Uint8Array;
  authentication: Uint8Array;
  counter: bigint;
};

const CARD_ACCESS = Buffer.from("31143012060A04007F0007020204020202010202010D", "hex");
const PROTOCOL = CARD_ACCESS.subarray(6, 16);
const status = (code: number) => Uint8Array.of(code >> 8, code & 0xff);
const GOOD = status(0x9000);

export function createTestChip(options: TestChipOptions): TestChip {
  const files: Record<number, Uint8Array> = {
    0x0101: options.files.dg1,
    0x011d: options.files.sod,
    ...(options.access === "pace" ? { 0x011c: CARD_ACCESS } : {}),
  };
  const state: { session: Session | null; file: Uint8Array | null } = { session: null, file: null };
  const counts = { plain: 0, secure: 0 };
  const bac = createBacSide(options.password, state);
  const pace = createPaceSide(options.password, state);
  let number = 0;

  function act(ins: number, p1: number, p2: number, data: Uint8Array, le: number): Uint8Array {
    if (ins === 0xa4 && p1 === 0x04) return GOOD;
    if (ins === 0xa4) {
      const id = (data[0] ?? 0) * 256 + (data[1] ?? 0);
      const isOpen = id === 0x011c || state.session !== null;
      state.file = isOpen ? (files[id] ?? null) : null;
      return state.file === null ? status(isOpen ? 0x6a82 : 0x6982) : GOOD;
    }
    if (ins === 0xb0) {
      const from = p1 * 256 + p2;
      return state.file === null
        ? status(0x6986)
        : concat(state.file.subarray(from, from + (le || 256)), GOOD);
    }
    if (ins === 0x84) return bac.challenge();
    if (ins === 0x82) return bac.authenticate(data);
    if (ins === 0x22) return GOOD;
    if (ins === 0x86) return pace.step(data);
    return status(0x6d00);
  }

  return {
    counts,
    transmit(command) {
      number += 1;
      const [cla = 0, ins = 0, p1 = 0, p2 = 0] = command;
      const { data, le } = bodyOf(command);
      const isSecure = (cla & 0x0c) !== 0 && state.session !== null;
      counts[isSecure ? "secure" : "plain"] += 1;
      const answer = isSecure
        ? underSession(state.session as Session, command, (inner, wanted) =>
            act(ins, p1, p2, inner, wanted),
          )
        : act(ins, p1, p2, data, le);
      return Promise.resolve(options.onAnswer?.(answer, number) ?? answer);
    },
  };
}

function bodyOf(command: Uint8Array): { data: Uint8Array; le: number } {
  if (command.length === 5) return { data: new Uint8Array(), le: command[4] ?? 0 };
  const length = command[4] ?? 0;
  return { data: command.subarray(5, 5 + length), le: command[5 + length] ?? 0 };
}

/** The card's half of secure messaging: check, open, act, close. */
function underSession(
  session: Session,
  command: Uint8Array,
  act: (data: Uint8Array, le: number) => Uint8Array,
): Uint8Array {
  const { suite } = session;
  const objects = parseTlvs(bodyOf(command).data) ?? [];
  const find = (tag: number) => objects.find((object) => object.tag === tag);
  const [cryptogram, wanted, proof] = [find(0x87), find(0x97), find(0x8e)];
  session.counter += 1n;
  const proved = concat(
    counterOf(session),
    padded(command.subarray(0, 4), suite.blockBytes),
    cryptogram?.raw ?? new Uint8Array(),
    wanted?.raw ?? new Uint8Array(),
  );
  const right = suite.mac(session.authentication, padded(proved, suite.blockBytes));
  if (proof === undefined || !isEqual(right, proof.value)) return status(0x6988);
  const plain =
    cryptogram === undefined
      ? new Uint8Array()
      : (unpadded(
          suite.cipher(
            "decrypt",
            session.encryption,
            counterOf(session),
            cryptogram.value.subarray(1),
          ),
        ) ?? new Uint8Array());
  const answer = act(plain, wanted?.value[0] ?? 0);
  session.counter += 1n;
  const said = answer.subarray(0, -2);
  const blocks = padded(said, suite.blockBytes);
  const closed =
    said.length === 0
      ? new Uint8Array()
      : tlv(
          0x87,
          Uint8Array.of(1),
          suite.cipher("encrypt", session.encryption, counterOf(session), blocks),
        );
  const ending = tlv(0x99, answer.subarray(-2));
  const toProve = padded(concat(counterOf(session), closed, ending), suite.blockBytes);
  return concat(closed, ending, tlv(0x8e, suite.mac(session.authentication, toProve)), GOOD);
}

function counterOf({ suite, counter }: Session): Uint8Array {
  return Buffer.from(counter.toString(16).padStart(suite.blockBytes * 2, "0"), "hex");
}

function createBacSide(password: ChipPassword, state: { session: Session | null }) {
  const suite = tripleDesSuite(chipCrypto);
  const challenge = chipCrypto.randomBytes(8);
  const text = password.kind === "mrz" ? mrzInformation(password) : "";
  const seed = chipCrypto.sha1(Buffer.from(text)).subarray(0, 16);
  const [encryption, authentication] = [suite.derive(seed, 1), suite.derive(seed, 2)];
  return {
    challenge: () => concat(challenge, GOOD),
    authenticate(data: Uint8Array): Uint8Array {
      const [theirs, proof] = [data.subarray(0, 32), data.subarray(32)];
      if (!isEqual(suite.token(authentication, theirs), proof)) return status(0x6300);
      const said = suite.cipher("decrypt", encryption, null, theirs);
      if (!isEqual(said.subarray(8, 16), challenge)) return status(0x6300);
      const ourKey = chipCrypto.randomBytes(16);
      const plain = concat(challenge, said.subarray(0, 8), ourKey);
      const ours = suite.cipher("encrypt", encryption, null, plain);
      const secret = ourKey.map((byte, index) => byte ^ (said[16 + index] ?? 0));
      const counter = concat(challenge.subarray(4), said.subarray(4, 8));
      state.session = {
        suite,
        encryption: suite.derive(secret, 1),
        authentication: suite.derive(secret, 2),
        counter: BigInt(`0x${Buffer.from(counter).toString("hex")}`),
      };
      return concat(ours, suite.token(authentication, ours), GOOD);
    },
  };
}

function createPaceSide(password: ChipPassword, state: { session: Session | null }) {
  const suite = aesSuite(chipCrypto, 16);
  const curve = chipCrypto.curve(13);
  if (curve === null) throw new Error("no curve");
  const nonce = chipCrypto.randomBytes(16);
  const secret =
    password.kind === "can"
      ? Buffer.from(password.digits)
      : chipCrypto.sha1(Buffer.from(mrzInformation(password)));
  const [mapping, key] = [curve.randomScalar(), curve.randomScalar()];
  let generator = curve.generator;
  let [ours, theirs, agreed] = [new Uint8Array(), new Uint8Array(), new Uint8Array()];
  const answer = (tag: number, value: Uint8Array) => concat(tlv(0x7c, tlv(tag, value)), GOOD);
  const tokenOf = (point: Uint8Array) =>
    suite.token(suite.derive(agreed, 2), tlv(0x7f49, tlv(0x06, PROTOCOL), tlv(0x86, point)));
  return {
    step(data: Uint8Array): Uint8Array {
      const [said] = childrenOf(data, 0x7c) ?? [];
      switch (said?.tag) {
        case undefined:
          return answer(0x80, suite.cipher("encrypt", suite.derive(secret, 3), null, nonce));
        case 0x81:
          generator = curve.add(
            curve.multiply(curve.generator, nonce),
            curve.multiply(said.value, mapping),
          );
          return answer(0x82, curve.multiply(curve.generator, mapping));
        case 0x83:
          theirs = said.value.slice();
          ours = new Uint8Array(curve.multiply(generator, key));
          agreed = curve.multiply(theirs, key).slice(1, 33);
          return answer(0x84, ours);
        default:
          if (said === undefined || !isEqual(said.value, tokenOf(ours))) return status(0x6300);
          state.session = {
            suite,
            encryption: suite.derive(agreed, 1),
            authentication: suite.derive(agreed, 2),
            counter: 0n,
          };
          return answer(0x86, tokenOf(theirs));
      }
    },
  };
}
