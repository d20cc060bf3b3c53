import { expect, test } from "vitest";
import { createChannel } from "#drivers/channel.ts";

type Item = { readonly number: number };

async function taken(items: AsyncIterable<Item>): Promise<readonly number[]> {
  const numbers: number[] = [];
  for await (const { number } of items) numbers.push(number);
  return numbers;
}

test("a channel delivers what it holds before it ends, and before it fails", async () => {
  const ending = createChannel<Item>(10);
  const failing = createChannel<Item>(10);
  for (const channel of [ending, failing]) {
    channel.push({ number: 1 });
    channel.push({ number: 2 });
  }
  ending.end();
  failing.end(new Error("unplugged"));
  ending.push({ number: 3 });

  const seen: number[] = [];
  const failure = (async () => {
    for await (const { number } of failing.items) seen.push(number);
  })();

  expect(await taken(ending.items)).toEqual([1, 2]);
  await expect(failure).rejects.toThrow("unplugged");
  expect(seen).toEqual([1, 2]);
});

test("a cancelled channel gives up what it holds and lets its producers go", async () => {
  const channel = createChannel<Item>(1);
  channel.push({ number: 1 });
  const room = channel.room();
  channel.cancel();

  await room;

  expect(await taken(channel.items)).toEqual([]);
});

test("a full channel has room again when something was taken", async () => {
  const channel = createChannel<Item>(2);
  channel.push({ number: 1 });
  const wasFullAtOne = channel.isFull();
  channel.push({ number: 2 });
  const wasFullAtTwo = channel.isFull();
  let hasRoom = false;
  const room = channel.room().then(() => (hasRoom = true));
  await Promise.resolve();
  const hadRoom = hasRoom;

  for await (const item of channel.items) if (item.number === 1) break;
  await room;

  expect([wasFullAtOne, wasFullAtTwo, hadRoom, hasRoom]).toEqual([false, true, false, true]);
});
