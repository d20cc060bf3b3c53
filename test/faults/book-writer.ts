/**
 * A station's disk work as a process of its own, to be killed: records entries into the book of the folder given, and prints
 * `<seq> <event id>` only after the commit. Arguments: folder, number of entries, checkpoint every n entries.
 */
import { writeSync } from "node:fs";
import { randomBytes, randomUUID } from "node:crypto";
import { eventChain } from "#sealing/chain.ts";
import { openEntryBook } from "#storage/entry-book.ts";
import { openDatabase } from "#storage/open-database.ts";

const [folder = "", count = "1", checkpointEvery = "10"] = process.argv.slice(2);
const key = new Uint8Array(32).fill(7);
const book = openEntryBook({
  database: openDatabase(folder, key),
  reopen: () => openDatabase(folder, key),
  owner: { station: "station-1", place: "place-1", gate: "gate-1" },
  chain: eventChain,
  random: { bytes: (length) => new Uint8Array(randomBytes(length)), fraction: Math.random },
  nowMs: () => Date.now(),
  releaseBallast: () => false,
});

for (let index = 1; index <= Number(count); index += 1) {
  const person = `person-${index % 7}`;
  const { seq, eventId } = book.record({
    eventId: randomUUID(),
    type: "entry",
    wallMs: Date.now(),
    monoMs: Math.round(performance.now()),
    bootId: String(process.pid),
    offsetMs: null,
    offsetErrorMs: null,
    lane: "lane-1",
    direction: book.personState(person).isInside ? "out" : "in",
    directionKnown: "assumed",
    documentKind: "cccd",
    flags: [],
    policyVersion: 0,
    details: {},
    sealedBody: new Uint8Array(randomBytes(220)),
    readable: {
      personKey: person,
      name: "Thử",
      foldedName: "thu",
      maskedNumber: null,
      birthYear: null,
    },
  });
  // Straight to the descriptor: an acknowledgement in a buffer of a killed process would be no acknowledgement.
  writeSync(1, `${seq} ${eventId}\n`);
  if (index % 3 === 0) book.acknowledge([eventId], Date.now());
  if (index % Number(checkpointEvery) === 0) book.checkpoint();
}
book.close();
