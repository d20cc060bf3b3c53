import type { ChipCrypto, ChipCurve } from "#core/chip/chip-crypto.ts";
import { aesSuite, isEqual, tripleDesSuite } from "#core/chip/cipher-suite.ts";
import type { CipherSuite } from "#core/chip/cipher-suite.ts";
import { mrzInformation } from "#core/chip/mrz.ts";
import type { ChipPassword } from "#core/chip/mrz.ts";
import type { SessionKeys } from "#core/chip/secure-messaging.ts";
import { childrenOf, concat, parseTlvs, tlv } from "#core/chip/tlv.ts";

/** A way of PACE that a chip offers in EF.CardAccess and that is spoken here: generic mapping over a named curve. */
export type PaceOffer = {
  /** Object identifier as its bytes. */
  readonly protocol: Uint8Array;
  readonly parameterId: number;
};

/** 0.4.0.127.0.7.2.2.4.2: id-PACE-ECDH-GM; one more byte names the cipher. */
const ECDH_GENERIC = Uint8Array.of(0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02);
const TAG_SET = 0x31;
const TAG_SEQUENCE = 0x30;
const TAG_INTEGER = 0x02;
const TAG_OID = 0x06;
const TAG_DYNAMIC = 0x7c;
const TAG_PUBLIC_KEY = 0x7f49;
const TAG_POINT = 0x86;

/** The offers in EF.CardAccess that can be taken, in the chip's order. */
export function paceOffers(cardAccess: Uint8Array, crypto: ChipCrypto): readonly PaceOffer[] {
  const infos = childrenOf(cardAccess, TAG_SET) ?? [];
  return infos.flatMap((info) => {
    const [oid, version, parameter] =
      info.tag === TAG_SEQUENCE ? (parseTlvs(info.value) ?? []) : [];
    if (oid?.tag !== TAG_OID || version?.value[0] !== 2 || parameter?.tag !== TAG_INTEGER)
      return [];
    const offer = { protocol: oid.value, parameterId: parameter.value.at(-1) ?? -1 };
    const isSpoken = suiteOf(offer, crypto) !== null && crypto.curve(offer.parameterId) !== null;
    return isSpoken ? [offer] : [];
  });
}

/** Data of MSE:Set AT: which way, which password. */
export function paceAgreement(offer: PaceOffer, password: ChipPassword): Uint8Array {
  return concat(
    tlv(0x80, offer.protocol),
    tlv(0x83, Uint8Array.of(password.kind === "mrz" ? 1 : 2)),
    tlv(0x84, Uint8Array.of(offer.parameterId)),
  );
}

/** Asks the chip one step of GENERAL AUTHENTICATE; null when it refuses. */
export type PaceStep = (data: Uint8Array, isLast: boolean) => Promise<Uint8Array | null>;

/**
 * PACE with generic mapping (Doc 9303-11, 4.4). Null when the chip refuses or does not know the password; nobody who listens
 * learns enough to try passwords.
 */
export async function runPace(
  crypto: ChipCrypto,
  offer: PaceOffer,
  password: ChipPassword,
  step: PaceStep,
): Promise<SessionKeys | null> {
  const [suite, curve] = [suiteOf(offer, crypto), crypto.curve(offer.parameterId)];
  if (suite === null || curve === null) return null;
  const ask = async (tag: number, value: Uint8Array | null, answerTag: number) => {
    const data = value === null ? tlv(TAG_DYNAMIC) : tlv(TAG_DYNAMIC, tlv(tag, value));
    const answer = await step(data, tag === 0x85);
    return answer === null ? null : valueIn(answer, answerTag);
  };
  const hidden = await ask(0x80, null, 0x80);
  if (hidden === null || hidden.length !== 16) return null;
  const secret = suite.derive(passwordBytes(crypto, password), 3);
  const nonce = suite.cipher("decrypt", secret, null, hidden);
  const mapped = await mapGenerator(curve, nonce, (point) => ask(0x81, point, 0x82));
  if (mapped === null) return null;
  const agreed = await agree(curve, mapped, (point) => ask(0x83, point, 0x84));
  if (agreed === null) return null;
  const [encryption, authentication] = [
    suite.derive(agreed.secret, 1),
    suite.derive(agreed.secret, 2),
  ];
  const token = (point: Uint8Array) => suite.token(authentication, keyObject(offer, point));
  const theirs = await ask(0x85, token(agreed.theirs), 0x86);
  if (theirs === null || !isEqual(theirs, token(agreed.ours))) return null;
  return { suite, encryption, authentication, counter: new Uint8Array(suite.blockBytes) };
}

type SendPoint = (point: Uint8Array) => Promise<Uint8Array | null>;

/** A generator that only those know who know the nonce. */
async function mapGenerator(
  curve: ChipCurve,
  nonce: Uint8Array,
  send: SendPoint,
): Promise<Uint8Array | null> {
  const scalar = curve.randomScalar();
  const theirs = await send(curve.multiply(curve.generator, scalar));
  if (theirs === null) return null;
  return onCurve(() =>
    curve.add(curve.multiply(curve.generator, nonce), curve.multiply(theirs, scalar)),
  );
}

type Agreed = {
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
  /** The x coordinate. */
  readonly secret: Uint8Array;
};

async function agree(
  curve: ChipCurve,
  generator: Uint8Array,
  send: SendPoint,
): Promise<Agreed | null> {
  const scalar = curve.randomScalar();
  const ours = curve.multiply(generator, scalar);
  const theirs = await send(ours);
  if (theirs === null || isEqual(ours, theirs)) return null;
  const shared = onCurve(() => curve.multiply(theirs, scalar));
  return shared === null
    ? null
    : { ours, theirs, secret: shared.subarray(1, (shared.length + 1) / 2) };
}

/** A chip's point that is none of the curve is a refusal: such points are made to find out private numbers. */
function onCurve(compute: () => Uint8Array): Uint8Array | null {
  try {
    return compute();
  } catch (cause) {
    if (cause instanceof Error) return null;
    throw cause;
  }
}

function keyObject(offer: PaceOffer, point: Uint8Array): Uint8Array {
  return tlv(TAG_PUBLIC_KEY, tlv(TAG_OID, offer.protocol), tlv(TAG_POINT, point));
}

function valueIn(answer: Uint8Array, tag: number): Uint8Array | null {
  return childrenOf(answer, TAG_DYNAMIC)?.find((object) => object.tag === tag)?.value ?? null;
}

function passwordBytes(crypto: ChipCrypto, password: ChipPassword): Uint8Array {
  const encoder = new TextEncoder();
  return password.kind === "can"
    ? encoder.encode(password.digits)
    : crypto.sha1(encoder.encode(mrzInformation(password)));
}

function suiteOf({ protocol }: PaceOffer, crypto: ChipCrypto): CipherSuite | null {
  if (!isEqual(protocol.subarray(0, -1), ECDH_GENERIC)) return null;
  const cipher = protocol.at(-1);
  if (cipher === 1) return tripleDesSuite(crypto);
  const keyBytes = cipher === undefined ? undefined : aesKeyBytes[cipher];
  return keyBytes === undefined ? null : aesSuite(crypto, keyBytes);
}

/** Key lengths by the last byte of the protocol's object identifier. */
const aesKeyBytes: Readonly<Record<number, 16 | 24 | 32>> = { 2: 16, 3: 24, 4: 32 };
