/** The virtual hardware lab: boots the guest, does what it asks, and writes down what it finds. See README.md. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fetchDebianKernel } from "./debian-kernel.ts";
import { createHands } from "./hands.ts";
import { buildInitramfs } from "./initramfs.ts";
import { startMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { parseMessage } from "./messages.ts";
import type { LabMessage } from "./messages.ts";
import { openTranscript } from "./transcript.ts";
import type { Transcript } from "./transcript.ts";

export type LabOptions = {
  /** Names of scenarios; empty: all of them. */
  readonly only: readonly string[];
  /** How often the serial cable is pulled and put back. */
  readonly cycles: number;
  /** After so many minutes the guest is switched off and the run has failed. */
  readonly minutes: number;
};

const ROOT = resolve(import.meta.dirname, "..", "..");
const BUSYBOX = "/bin/busybox";

/** What the guest's first root needs, and what its devices need later. */
const MODULES =
  "virtio_pci 9pnet_virtio 9p overlay xhci-pci usbhid hid-generic uhid ftdi_sio evdev".split(" ");

/** Runs the lab once. Resolves to the number of failed checks; 0 only when the guest came to its end. */
export async function runLab(options: LabOptions): Promise<number> {
  const out = join(ROOT, "out/lab");
  const transcript = openTranscript(join(out, "transcript.txt"));
  const folder = mkdtempSync(join(tmpdir(), "tramqr-lab-"));
  try {
    const machine = await boot(options, out, folder, transcript);
    await attend(machine, options, transcript);
  } catch (cause) {
    transcript.check("the lab can be run", false, String(cause));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return transcript.close();
}

async function boot(
  options: LabOptions,
  out: string,
  folder: string,
  transcript: Transcript,
): Promise<Machine> {
  const store = join(out, "kernel");
  mkdirSync(store, { recursive: true });
  const kernel = fetchDebianKernel(store);
  transcript.say("host", `Debian kernel ${kernel.release}, software emulation`);
  const modules = kernel.modulesFor(MODULES);
  const init = join(import.meta.dirname, "boot-init.sh");
  const initramfs = join(folder, "initramfs.gz");
  writeFileSync(initramfs, buildInitramfs({ busybox: BUSYBOX, init, modules }));
  const args = [String(options.cycles), ...options.only].join(",");
  const words = [`lab.repo=${ROOT}`, `lab.node=${process.execPath}`, `lab.args=${args}`];
  return startMachine({ folder, kernel: kernel.image, initramfs, words });
}

/** Serves the guest until it is through or the time is over. */
async function attend(machine: Machine, options: LabOptions, transcript: Transcript) {
  const hands = createHands(machine);
  let [orders, isThrough, isLate] = [Promise.resolve(), false, false];
  const hear = (message: LabMessage) => {
    if (message.kind === "note") transcript.say("guest", message.text);
    else if (message.kind === "end") isThrough = true;
    else if (message.kind === "check") {
      transcript.check(message.name, message.isGood, message.detail);
    } else {
      const { order } = message;
      orders = orders
        .then(() => hands.do(order))
        .catch((cause: unknown) => {
          transcript.check(`the host can ${order.do}`, false, String(cause));
        });
    }
  };
  machine.onConsole((line) => {
    if (line.trim() !== "") transcript.say("boot", line.trim());
  });
  machine.onMessage((line) => hear(parseMessage(line)));
  const stop = () => machine.kill();
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, options.minutes * 60_000);
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const said = await machine.ended;
  clearTimeout(timer);
  process.off("SIGINT", stop).off("SIGTERM", stop);
  const detail = isLate ? `stopped after ${options.minutes} minutes` : said;
  transcript.check("the guest came to its end and switched itself off", isThrough, detail);
}
