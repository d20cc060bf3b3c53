import { expect, test } from "vitest";

type DistCheck = {
  checkDist(root: string): Promise<readonly string[]>;
  schemaFaults(root: string, changes?: object): Promise<readonly string[]>;
};

/** The script is plain JavaScript, because it also runs before anything is built. */
async function distCheck(): Promise<DistCheck> {
  const path = "../../scripts/dist-check.mjs";
  return (await import(path)) as DistCheck;
}

test("electron-builder.yml, the built files and the packed dependencies are right", async () => {
  const { checkDist } = await distCheck();

  expect(await checkDist(process.cwd())).toEqual([]);
});

test.each([
  ["an unknown key", { iconn: "x" }],
  ["an unknown target", { win: { target: "nsiss", foo: 1 } }],
  ["a fuse of the wrong type", { electronFuses: { runAsNode: "no" } }],
])("%s is refused by electron-builder's own schema", async (_name, changes) => {
  const { schemaFaults } = await distCheck();

  expect((await schemaFaults(process.cwd(), changes)).length).toBe(1);
});
