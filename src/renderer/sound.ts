import type { LaneSound } from "#contract/bridge.ts";
import { pitchOf, renderTone } from "#renderer/tones.ts";
import type { SoundKind } from "#renderer/tones.ts";

/** The page's loudspeaker. */
export type Sound = {
  /** Starts at once, over whatever still sounds. Everything that is heard is also seen. */
  play(kind: SoundKind, lane: LaneSound): void;
};

const kinds: readonly SoundKind[] = ["in", "out", "notice", "unknown", "stop", "tick", "alarm"];
const lanes: readonly LaneSound[] = ["normal", "low", "high"];

/** Renders all sounds now, so that playing one costs nothing on the way to the verdict. */
export function createSound(): Sound {
  const context = new AudioContext({ latencyHint: "interactive" });
  const buffers = new Map<string, AudioBuffer>();
  for (const kind of kinds) {
    for (const lane of lanes) {
      const key = keyOf(kind, lane);
      if (!buffers.has(key)) buffers.set(key, bufferOf(context, kind, lane));
    }
  }
  return {
    play(kind, lane) {
      // Suspended until the first key where a browser was started without our autoplay flag.
      if (context.state === "suspended") void context.resume();
      const source = context.createBufferSource();
      source.buffer = buffers.get(keyOf(kind, lane)) ?? null;
      source.connect(context.destination);
      source.start();
    },
  };
}

/** What warns sounds the same at every lane, and is made once. */
function keyOf(kind: SoundKind, lane: LaneSound): string {
  return `${kind} ${pitchOf(kind, lane)}`;
}

function bufferOf(context: AudioContext, kind: SoundKind, lane: LaneSound): AudioBuffer {
  const samples = renderTone(kind, context.sampleRate, lane);
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  return buffer;
}
