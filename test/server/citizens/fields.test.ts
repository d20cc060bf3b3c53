import { describe, expect, test } from "vitest";
import { checkedCode } from "#core/formats/tram.ts";
import { checkField, longest, yesNo } from "#server/citizens/fields.ts";
import type { Field, FieldKind } from "#server/citizens/fields.ts";
import { createFormTokens, TOKEN_LIFE_MS } from "#server/citizens/form-token.ts";
import { html } from "#server/citizens/html.ts";
import { declaredIdentity } from "#server/citizens/identity.ts";
import { addressGroup } from "#server/citizens/limits.ts";
import { seededRandom, testClock } from "../support/ports.ts";

const NOW = Date.UTC(2026, 10, 24, 2, 0, 0);

function check(kind: FieldKind, typed: string, isRequired = true): string | null {
  const field: Field = { name: "x", kind, isRequired, vi: "", en: "", options: yesNo };
  const checked = checkField(field, typed, NOW);
  return checked.kind === "value" ? checked.value : `! ${checked.fault}`;
}

describe("an answer", () => {
  test("is missing only where it is required", () => {
    expect(check("name", "  ")).toBe("! missing");
    expect(check("name", "  ", false)).toBeNull();
  });

  test("comes out in one form, however it was typed", () => {
    expect(check("name", " Nguyễn  Thị\u00a0Mẫu ".normalize("NFD"))).toBe("Nguyễn Thị Mẫu");
    expect(check("birth-date", "15/3/1985")).toBe("1985-03-15");
    expect(check("birth-date", "15-03-1985")).toBe("1985-03-15");
    expect(check("birth-date", "15.03.1985")).toBe("1985-03-15");
    expect(check("birth-date", "15031985")).toBe("1985-03-15");
    expect(check("birth-date", "1985-03-15")).toBe("1985-03-15");
    expect(check("birth-date", "1950")).toBe("1950");
    expect(check("phone", "0912 345 678")).toBe("0912345678");
    expect(check("phone", "+84 912.345.678")).toBe("+84912345678");
    expect(check("line", "Xã\nMẫu")).toBe("Xã Mẫu");
    expect(check("text", "một\nhai")).toBe("một\nhai");
  });

  test.each([
    ["name", "Mẫu 123", "not-a-name"],
    ["name", "<b>", "not-a-name"],
    ["document", "12345", "not-a-document"],
    ["document", "https://tramqr.example.invalid/d/8412345678", "not-a-document"],
    ["birth-date", "31/02/1985", "not-a-date"],
    ["birth-date", "hôm qua", "not-a-date"],
    ["birth-date", "1850", "not-a-date"],
    ["birth-date", "25/11/2026", "in-future"],
    ["phone", "12345", "not-a-phone"],
    ["yes-no", "perhaps", "not-a-choice"],
    ["choice", "constructor", "not-a-choice"],
    ["consent", "on", "not-agreed"],
    ["line", "a\u0000b", "unreadable"],
    ["text", "\ud800", "unreadable"],
  ] as const)("%s %j is refused as %s", (kind, typed, fault) => {
    expect(check(kind, typed)).toBe(`! ${fault}`);
  });

  test("is never longer than the table says", () => {
    expect(check("text", "a".repeat(longest.text))).toHaveLength(longest.text);
    expect(check("text", "a".repeat(longest.text + 1))).toBe("! too-long");
  });
});

describe("a declared document", () => {
  test.each([
    ["079 185 000 001", "cccd:079185000001"],
    ["DN4790123456789", "bhyt:0123456789"],
    ["dn 4 79 0123456789", "bhyt:0123456789"],
    ["0123456789", "bhyt:0123456789"],
    ["271234567", "cmnd:271234567"],
    ["c1234567", "passport:C1234567"],
    [checkedCode("0085123400017"), "tram:0085123400017"],
    ["079185000001|271234567|Nguyễn Thị Mẫu|15031985|Nữ|Xã Mẫu|01012021", "cccd:079185000001"],
  ])("%s is %s, the identity that a scan would have", (typed, identity) => {
    expect(declaredIdentity(typed, NOW)?.identity).toBe(identity);
  });

  test("a code with a wrong check digit is no document", () => {
    expect(declaredIdentity("84261008512340001711", NOW)).toBeNull();
  });
});

describe("a form's token", () => {
  const parts = (seed: string) =>
    [new Uint8Array(32).fill(7), testClock(NOW), seededRandom(seed)] as const;

  test("is good at every process that has the same secret, always with the same id", () => {
    const [one, other] = [createFormTokens(...parts("a")), createFormTokens(...parts("b"))];
    const { token } = one.issue();

    const read = other.read(token);

    expect(read).toEqual(one.read(token));
    expect(read).toMatchObject({
      kind: "good",
      id: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
    });
    expect(one.read(one.issue().token)).not.toEqual(read);
  });

  test("is refused after its life, when it was changed, and when it is another province's", () => {
    const clock = testClock(NOW);
    const tokens = createFormTokens(new Uint8Array(32), clock, seededRandom("a"));
    const { token } = tokens.issue();
    const changed = `${token.startsWith("A") ? "B" : "A"}${token.slice(1)}`;
    const foreign = createFormTokens(new Uint8Array(32).fill(1), clock, seededRandom("a"));

    expect(tokens.read(changed).kind).toBe("unknown");
    expect(tokens.read("").kind).toBe("unknown");
    expect(foreign.read(token).kind).toBe("unknown");
    clock.advance(TOKEN_LIFE_MS);
    expect(tokens.read(token).kind).toBe("good");
    clock.advance(1);
    expect(tokens.read(token).kind).toBe("expired");
  });
});

test("one subscriber's IPv6 addresses count as one", () => {
  expect(addressGroup("2001:db8:1:2:3:4:5:6")).toBe(addressGroup("2001:db8:1:2::9"));
  expect(addressGroup("2001:db8:1:2::9")).not.toBe(addressGroup("2001:db8:1:3::9"));
  expect(addressGroup("::ffff:192.0.2.7")).toBe("192.0.2.7");
  expect(addressGroup("192.0.2.7")).toBe("192.0.2.7");
});

test("what a person typed never becomes a part of a page's HTML", () => {
  const typed = `"><script>alert('x')</script>&`;

  const { html: text } = html`<input value="${typed}" />`;

  expect(text).toBe(
    `<input value="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;" />`,
  );
});
