/** The worked examples of Doc 9303-11 (8th edition): appendix D for basic access control, appendix G.1 for PACE. */
import { describe, expect, test } from "vitest";
import { createBasicAccess } from "#core/chip/bac.ts";
import { aesSuite, tripleDesSuite } from "#core/chip/cipher-suite.ts";
import type { ChipCrypto } from "#core/chip/chip-crypto.ts";
import { mrzInformation } from "#core/chip/mrz.ts";
import { paceOffers, runPace } from "#core/chip/pace.ts";
import { createSecureMessaging } from "#core/chip/secure-messaging.ts";
import { childrenOf, tlv } from "#core/chip/tlv.ts";
import { chipCrypto } from "#sealing/chip-crypto.ts";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hex = (data: Uint8Array | null | undefined) =>
  Buffer.from(data ?? [])
    .toString("hex")
    .toUpperCase();

/** Chance that was thrown before, in this order. */
function withChance(...drawn: readonly string[]): ChipCrypto {
  const left = drawn.map(bytes);
  const next = () => left.shift() ?? new Uint8Array();
  return {
    ...chipCrypto,
    randomBytes: next,
    curve(parameterId) {
      const curve = chipCrypto.curve(parameterId);
      return curve === null ? null : { ...curve, randomScalar: next };
    },
  };
}

describe("basic access control, appendix D", () => {
  const zone = {
    kind: "mrz",
    documentNumber: "L898902C",
    birthDate: "690806",
    expiryDate: "940623",
  } as const;
  const challenge = bytes("4608F91988702212");
  const crypto = withChance("781723860C06C226", "0B795240CB7049B01C19B33E32804F0B");

  test("derives the document's keys from the printed zone", () => {
    const suite = tripleDesSuite(chipCrypto);
    const information = mrzInformation(zone);
    const seed = chipCrypto.sha1(new TextEncoder().encode(information)).subarray(0, 16);

    expect(information).toBe("L898902C<369080619406236");
    expect(hex(suite.derive(seed, 1))).toBe("AB94FDECF2674FDFB9B391F85D7F76F2");
    expect(hex(suite.derive(seed, 2))).toBe("7962D9ECE03D1ACD4C76089DCE131543");
  });

  test("proves that it knows the zone, believes the chip, and reads its file under the session's keys", () => {
    const access = createBasicAccess(crypto, zone, challenge);
    const keys = access.finish(
      bytes("46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7449"),
    );

    expect(hex(access.proof)).toBe(
      "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A7",
    );
    expect(hex(keys?.encryption)).toBe("979EC13B1CBFE9DCD01AB0FED307EAE5");
    expect(hex(keys?.authentication)).toBe("F1CB1F1FB5ADF208806B89DC579DC1F8");
    expect(hex(keys?.counter)).toBe("887022120C06C226");
    if (keys === null) return;
    const messaging = createSecureMessaging(keys);
    const wrap = (command: Parameters<typeof messaging.wrap>[0]) => hex(messaging.wrap(command));
    const unwrap = (answer: string) => messaging.unwrap(bytes(answer));

    expect(wrap({ ins: 0xa4, p1: 2, p2: 0x0c, data: bytes("011E") })).toBe(
      "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
    );
    expect(unwrap("990290008E08FA855A5D4C50A8ED9000")).toEqual({ data: bytes(""), status: 0x9000 });
    expect(wrap({ ins: 0xb0, p1: 0, p2: 0, expected: 4 })).toBe(
      "0CB000000D9701048E08ED6705417E96BA5500",
    );
    expect(hex(unwrap("8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000")?.data)).toBe(
      "60145F01",
    );
    expect(wrap({ ins: 0xb0, p1: 0, p2: 4, expected: 0x12 })).toBe(
      "0CB000040D9701128E082EA28A70F3C7B53500",
    );
    expect(
      hex(
        unwrap(
          "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
        )?.data,
      ),
    ).toBe("04303130365F36063034303030305C026175");
  });

  test("does not believe a chip that does not know the zone, nor an answer that was sent before", () => {
    const fresh = () =>
      createBasicAccess(
        withChance("781723860C06C226", "0B795240CB7049B01C19B33E32804F0B"),
        zone,
        challenge,
      );
    const answer =
      "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7449";
    const keys = fresh().finish(bytes(answer));

    expect(fresh().finish(bytes(`${answer.slice(0, -2)}48`))).toBeNull();
    expect(fresh().finish(bytes(answer.slice(0, 40)))).toBeNull();
    if (keys === null) throw new Error("no keys");
    const messaging = createSecureMessaging(keys);
    messaging.wrap({ ins: 0xa4, p1: 2, p2: 0x0c, data: bytes("011E") });
    const good = bytes("990290008E08FA855A5D4C50A8ED9000");
    expect(messaging.unwrap(good)).not.toBeNull();
    messaging.wrap({ ins: 0xb0, p1: 0, p2: 0, expected: 4 });
    expect(messaging.unwrap(good)).toBeNull();
  });
});

describe("PACE with generic mapping, appendix G.1", () => {
  const cardAccess = bytes("31143012060A04007F0007020204020202010202010D");
  const answers: Readonly<Record<number, string>> = {
    0: "95A3A016522EE98D01E76CB6B98B42C3",
    0x81: "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F5730D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54",
    0x83: "049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094",
    0x85: "3ABB9674BCE93C08",
  };
  const chance = [
    "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99",
    "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595",
  ] as const;
  const zone = {
    kind: "mrz",
    documentNumber: "T22000129",
    birthDate: "640812",
    expiryDate: "101031",
  } as const;

  function chip(changed: Readonly<Record<number, string>> = {}) {
    const heard: string[] = [];
    const step = (data: Uint8Array) => {
      const [said] = childrenOf(data, 0x7c) ?? [];
      const tag = said?.tag ?? 0;
      heard.push(hex(said?.value));
      const answer = bytes({ ...answers, ...changed }[tag] ?? "");
      return Promise.resolve(tlv(0x7c, tlv(tag === 0 ? 0x80 : tag + 1, answer)));
    };
    return { heard, step };
  }

  function run(step: (data: Uint8Array) => Promise<Uint8Array>) {
    const crypto = withChance(...chance);
    const [offer] = paceOffers(cardAccess, crypto);
    if (offer === undefined) throw new Error("the offer is not taken");
    return runPace(crypto, offer, zone, step);
  }

  test("agrees on the standard's keys and says what the standard says", async () => {
    const { heard, step } = chip();
    const keys = await run(step);

    expect(heard).toEqual([
      "",
      "047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D",
      "042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB36462",
      "C2B0BD78D94BA866",
    ]);
    expect(hex(keys?.encryption)).toBe("F5F0E35C0D7161EE6724EE513A0D9A7F");
    expect(hex(keys?.authentication)).toBe("FE251C7858B356B24514B3BD5F4297D1");
    expect(hex(keys?.counter)).toBe("0".repeat(32));
  });

  test("derives the password's key as the standard does", () => {
    const secret = chipCrypto.sha1(new TextEncoder().encode(mrzInformation(zone)));

    expect(hex(aesSuite(chipCrypto, 16).derive(secret, 3))).toBe(
      "89DED1B26624EC1E634C1989302849DD",
    );
  });

  test("ends when the chip cannot prove the password, or sends a point that is none", async () => {
    const noPoint = "04" + "11".repeat(64);

    expect(await run(chip({ 0x85: "3ABB9674BCE93C09" }).step)).toBeNull();
    expect(await run(chip({ 0x81: noPoint }).step)).toBeNull();
    expect(await run(chip({ 0x83: noPoint }).step)).toBeNull();
    expect(await run(chip({ 0: "95A3" }).step)).toBeNull();
  });

  test("takes no offer that it cannot speak", () => {
    const integrated = "31143012060A04007F0007020204040202010202010D";
    const unknownCurve = "31143012060A04007F0007020204020202010202017F";

    for (const file of [integrated, unknownCurve, "", "3003020101", "31143012060A"]) {
      expect(paceOffers(bytes(file), chipCrypto)).toEqual([]);
    }
    expect(paceOffers(cardAccess, chipCrypto)).toHaveLength(1);
  });
});
