import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openBallast } from "#storage/ballast.ts";
import { bookKey, KeyLost, KeyWrappedElsewhere, plainKeyWrapping } from "#storage/key-files.ts";
import { testFolder } from "./test-book.ts";

let counter = 0;
const random = {
  bytes: (count: number) => new Uint8Array(count).fill((counter += 1)),
  fraction: () => 0.5,
};

test("the key stays the same, in two copies that only the owner can read", async () => {
  const folder = testFolder();
  const first = await bookKey(folder, false, plainKeyWrapping, random);

  expect(await bookKey(folder, true, plainKeyWrapping, random)).toEqual(first);
  expect(readdirSync(folder).toSorted()).toEqual(["book.key.a", "book.key.b"]);
  expect(statSync(join(folder, "book.key.a")).mode & 0o077).toBe(0);
});

test.each(["book.key.a", "book.key.b"])(
  "a damaged copy %s is written again from the other",
  async (name) => {
    const folder = testFolder();
    const key = await bookKey(folder, false, plainKeyWrapping, random);
    writeFileSync(join(folder, name), "torn");

    expect(await bookKey(folder, true, plainKeyWrapping, random)).toEqual(key);

    const other = name === "book.key.a" ? "book.key.b" : "book.key.a";
    rmSync(join(folder, other));
    expect(await bookKey(folder, true, plainKeyWrapping, random)).toEqual(key);
  },
);

test("when both copies are gone beside a book, no new key is made", async () => {
  const folder = testFolder();
  await bookKey(folder, false, plainKeyWrapping, random);
  writeFileSync(join(folder, "book.key.a"), "");
  rmSync(join(folder, "book.key.b"));

  await expect(bookKey(folder, true, plainKeyWrapping, random)).rejects.toThrow(KeyLost);
});

test("a key wrapped by another store is not touched", async () => {
  const folder = testFolder();
  await bookKey(folder, false, { ...plainKeyWrapping, name: "dpapi" }, random);

  await expect(bookKey(folder, true, plainKeyWrapping, random)).rejects.toThrow(
    KeyWrappedElsewhere,
  );
});

test("the ballast takes real space and gives it back once", async () => {
  const folder = testFolder();
  const ballast = openBallast(folder, 3_000_000);

  expect(await ballast.restore()).toBe(true);
  expect(statSync(join(folder, "ballast")).blocks * 512).toBeGreaterThanOrEqual(3_000_000);
  expect([ballast.release(), ballast.release(), ballast.isInPlace()]).toEqual([true, false, false]);
});
