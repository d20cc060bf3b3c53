/** A serial wire, bit by bit: what a receiver makes of bytes that were sent at another speed (8N1, idle high). */
export function receivedAt(bytes: Uint8Array, sentBaud: number, readBaud: number): Uint8Array {
  const bits = [1, 1, ...[...bytes].flatMap(frameOf), ...Array.from({ length: 40 }, () => 1)];
  const level = (seconds: number) => bits[Math.floor(seconds * sentBaud)] ?? 1;
  const endSeconds = bits.length / sentBaud;
  const bitSeconds = 1 / readBaud;
  const received: number[] = [];
  let now = 0;
  while (now < endSeconds) {
    if (level(now) === 1) {
      now += bitSeconds / 16;
      continue;
    }
    // A start bit: the middle of each bit that follows is looked at.
    let byte = 0;
    for (let bit = 0; bit < 8; bit += 1) {
      byte |= level(now + (bit + 1.5) * bitSeconds) << bit;
    }
    const hasStop = level(now + 9.5 * bitSeconds) === 1;
    // The system drops bytes without a stop bit (IGNPAR).
    if (hasStop) received.push(byte);
    now += 9.5 * bitSeconds;
    if (!hasStop) now = endOfBreak(level, now, endSeconds, bitSeconds / 16);
  }
  return Uint8Array.from(received);
}

/** After a missing stop bit the line has to rise before the next start bit. */
function endOfBreak(
  level: (seconds: number) => number,
  from: number,
  endSeconds: number,
  step: number,
): number {
  let now = from;
  while (now < endSeconds && level(now) === 0) now += step;
  return now;
}

function frameOf(byte: number): readonly number[] {
  return [0, ...Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1), 1];
}
