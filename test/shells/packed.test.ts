import { expect, test } from "vitest";

type DistPacked = { checkPacked(root: string): Promise<readonly string[]> };

test("what an installer would hold is our program, this platform's modules and set fuses", async () => {
  // Plain JavaScript, because it also runs before anything is built.
  const path = "../../scripts/dist-packed.mjs";
  const { checkPacked } = (await import(path)) as DistPacked;

  expect(await checkPacked(process.cwd())).toEqual([]);
}, 120_000);
